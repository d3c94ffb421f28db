import { expect, test } from "vitest";
import { createClock } from "@/local/inngest/clock.ts";
import { parseCron } from "@/local/inngest/cron.ts";
import {
  backoffMs,
  parseDue,
  parseDuration,
  parseRetryAfter,
  WAIT_MAX_MS,
} from "@/local/inngest/schedule.ts";

const NOON = Date.parse("2026-11-24T12:00:00.000Z");

test("the waits between attempts are the server's table, and the jitter is added", () => {
  const minutes = Array.from({ length: 12 }, (_, attempt) => backoffMs(attempt, 0) / 60_000);
  expect(minutes).toEqual([0.25, 0.5, 1, 2, 5, 10, 20, 40, 60, 120, 120, 120]);
  expect(backoffMs(0, 30_000)).toBe(45_000);
});

test.each([
  ["2s", 2_000],
  ["1d2h3m4s", 93_784_000],
  ["1w", 604_800_000],
  ["0s", 0],
  ["500ms", 500],
])("the SDK's duration %s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "2", "s", "-1s", "1 s", "1y", "1s ", "1h2", "1e3s", "NaNs"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBe(null);
});

test("a duration is counted from now, in the engine's time", () => {
  const clock = createClock(() => NOON);
  clock.adopt(3_600_000);
  expect(parseDue("2s", clock)).toBe(NOON + 3_600_000 + 2_000);
});

test("a date of the app is real time: so far from now it is, also after the clock was moved", () => {
  const clock = createClock(() => NOON);
  clock.adopt(86_400_000);
  expect(parseDue("2026-11-24T12:01:00.000Z", clock)).toBe(clock.now() + 60_000);
  expect(parseDue("2026-11-24T11:00:00.000Z", clock)).toBe(clock.now());
});

test("no wait is longer than 366 days, and what is neither duration nor date is refused", () => {
  const clock = createClock(() => NOON);
  expect(parseDue("1000w", clock)).toBe(NOON + WAIT_MAX_MS);
  expect(parseDue("2099-01-01T00:00:00Z", clock)).toBe(NOON + WAIT_MAX_MS);
  for (const bad of ["", "soon", "2026-99-99T00:00:00Z", "undefined"])
    expect(parseDue(bad, clock)).toBe(null);
});

test.each([
  ["3", 3_000],
  ["0", 1_000],
  ["1.5", 1_500],
  ["999999", 86_400_000],
  ["2026-11-24T12:00:02.773Z", 2_773],
  ["Tue, 24 Nov 2026 12:01:00 GMT", 60_000],
  ["2026-11-24T11:00:00Z", 1_000],
  ["2027-11-24T12:00:00Z", 86_400_000],
])("Retry-After %s means a wait of %i ms", (header, ms) => {
  expect(parseRetryAfter(header, NOON)).toBe(ms);
});

test("a Retry-After that cannot be read is none", () => {
  for (const bad of ["", "later", "-5", "5 minutes"]) expect(parseRetryAfter(bad, NOON)).toBe(null);
});

test("the clock takes over a larger offset only: it does not go back", () => {
  const clock = createClock(() => NOON);
  clock.adopt(1_000);
  clock.adopt(500);
  clock.adopt(-1);
  expect([clock.now(), clock.realNow(), clock.offsetMs()]).toEqual([NOON + 1_000, NOON, 1_000]);
});

test.each([
  ["*/5 * * * *", "2026-11-24T12:05:00Z"],
  ["TZ=Europe/Berlin 0 3 * * *", "2026-11-25T02:00:00Z"],
  ["CRON_TZ=America/New_York 0 9 * * 1", "2026-11-30T14:00:00Z"],
  ["@hourly", "2026-11-24T13:00:00Z"],
  ["@daily", "2026-11-25T00:00:00Z"],
  ["@every 90s", "2026-11-24T12:01:30Z"],
])("the slot of %s after noon is %s", (source, expected) => {
  expect(parseCron(source).next(NOON)).toBe(Date.parse(expected));
});

test("the hour that summer time skips does not lose or double a nightly slot", () => {
  const nightly = parseCron("TZ=Europe/Berlin 30 2 * * *");
  const slots: string[] = [];
  for (let at = Date.parse("2027-03-27T12:00:00Z"); slots.length < 3; ) {
    at = nightly.next(at) ?? Number.NaN;
    slots.push(new Date(at).toISOString().slice(0, 10));
  }
  expect(slots).toEqual(["2027-03-28", "2027-03-29", "2027-03-30"]);
});

test.each([
  ...["0 0 * * 1-5", "0,30 8-18/2 1,15 * *", "*/15 ? * JAN-mar SUN,sat", "5/10 0 31 1 *", "0 0 29 2 *"],
])("%j is a schedule", (source) => {
  expect(parseCron(source).next(NOON)).toBeGreaterThan(NOON);
});

test.each([
  ...["", "* * * *", "0 0 * * * *", "@sometimes", "@every soon", "TZ=No/Where 0 0 * * *"],
  ...["61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-2 * * * *", "*/0 * * * *"],
  // What croner reads and the real server does not.
  ...[
    "2026-12-01T00:00:00",
    "0 0 L * *",
    "0 0 * * 1#2",
    "0 0 15W * *",
    "0 0 * * 5L",
    "~ 0 * * *",
    ", * * * *",
  ],
  // No year has that day.
  "0 0 31 2 *",
])("%j is refused as a schedule", (source) => {
  expect(() => parseCron(source)).toThrow();
});
