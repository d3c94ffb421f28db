import { expect, test } from "vitest";
import { parseRetryAfter } from "@/emails/transports/retry-after";

const NOW = new Date("2026-03-01T12:00:00.500Z");

test.each([
  ["0", 0],
  ["120", 120],
  [" 7 ", 7],
  ["1.2", 2],
  ["Sun, 01 Mar 2026 12:01:00 GMT", 60],
  ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
  ["Sunday, 01-Mar-26 12:00:30 GMT", 30],
  [undefined, null],
  ["", null],
  ["-5", null],
  ["soon", null],
  ["1e9", null],
  ["Sun, 99 Foo 2026", null],
  ["99999999999", null],
])("Retry-After %j asks for %j seconds", (header, seconds) => {
  expect(parseRetryAfter(header, NOW)).toBe(seconds);
});
