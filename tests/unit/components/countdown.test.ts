import { describe, expect, test } from "vitest";
import { formatCountdown, secondsUntil } from "@/components/countdown";

describe("a countdown", () => {
  test("reads like a clock: seconds in two digits, hours only when there are any", () => {
    expect([0, 7, 58, 60, 725, 3600, 3723, 90_061].map((seconds) => formatCountdown(seconds, "en"))).toEqual([
      "0:00",
      "0:07",
      "0:58",
      "1:00",
      "12:05",
      "1:00:00",
      "1:02:03",
      "25:01:01",
    ]);
  });

  test("is in the digits that its language is read in, whatever a browser holds for usual", () => {
    expect(formatCountdown(3723, "ar")).toBe("1:02:03");
    expect(formatCountdown(3723, "fa")).toBe("۱:۰۲:۰۳");
    expect(formatCountdown(58, "ja")).toBe("0:58");
  });

  test("shows a begun second as a whole one, and never goes below zero", () => {
    const nowMs = Date.parse("2026-11-24T10:00:00.000Z");
    expect(secondsUntil("2026-11-24T10:00:58.000Z", nowMs)).toBe(58);
    expect(secondsUntil("2026-11-24T10:00:57.001Z", nowMs)).toBe(58);
    expect(secondsUntil("2026-11-24T10:00:00.001Z", nowMs)).toBe(1);
    expect(secondsUntil("2026-11-24T10:00:00.000Z", nowMs)).toBe(0);
    expect(secondsUntil("2026-11-24T09:00:00.000Z", nowMs)).toBe(0);
  });
});
