import { describe, expect, test } from "vitest";
import { addSeconds } from "@/domain/clock";
import { decideResend } from "@/domain/resend-policy";

const start = new Date("2026-01-01T12:00:00.000Z");
const at = (seconds: number) => addSeconds(start, seconds);

describe("asking for another code", () => {
  test("is refused for 60 s after the registration, and says until when", () => {
    expect(decideResend([start], at(59))).toEqual({
      allowed: false,
      reason: "cooldown",
      nextAllowedAt: at(60),
    });
    expect(decideResend([start], at(60))).toEqual({ allowed: true });
  });

  test("waits 120 s after the first resend and 300 s after every further one", () => {
    expect(decideResend([start, at(60)], at(61))).toMatchObject({ nextAllowedAt: at(180) });
    expect(decideResend([start, at(60), at(180)], at(181))).toMatchObject({ nextAllowedAt: at(480) });
    expect(decideResend([start, at(60), at(180), at(480)], at(481))).toMatchObject({
      nextAllowedAt: at(780),
    });
  });

  test("allows five resends an hour; the sixth waits until the oldest is an hour old", () => {
    const six = [0, 60, 180, 480, 780, 1080].map(at);
    expect(decideResend(six, at(1500))).toEqual({ allowed: false, reason: "limit", nextAllowedAt: at(3600) });
    expect(decideResend(six, at(3600))).toEqual({ allowed: true });
  });

  test("allows ten resends a day", () => {
    const eleven = Array.from({ length: 11 }, (_, index) => at(index * 3600));
    expect(decideResend(eleven, at(11 * 3600))).toEqual({
      allowed: false,
      reason: "limit",
      nextAllowedAt: at(86_400),
    });
  });

  test("is allowed when nothing was queued in the last day", () => {
    expect(decideResend([], start)).toEqual({ allowed: true });
  });
});
