import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeDevice } from "@/domain/device-name";

describe("a session's device", () => {
  test.each([
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
      "Firefox on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
      "Safari on iOS",
    ],
    [
      "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
      "Microsoft Edge on macOS",
    ],
    ["curl/8.5.0", "curl"],
    ["okhttp/4.12.0", "okhttp"],
    ["node", "node"],
  ])("is named in words, without version or model: %s", (header, words) => {
    expect(describeDevice(header)).toBe(words);
  });

  test("that does not say what it is has no name", () => {
    for (const header of [null, "", "Mozilla/5.0", "<>", "()"]) expect(describeDevice(header)).toBeNull();
  });

  test("whatever it says becomes a short name without markup, or none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), (header) => {
        const words = describeDevice(header);
        if (words !== null) expect(words).toMatch(/^[\p{L}\p{N} .+_-]{1,60}$/u);
      }),
      { numRuns: 300 },
    );
  });
});
