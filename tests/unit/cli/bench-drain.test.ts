import { describe, expect, test } from "vitest";
import { measureDrain } from "@/cli/bench/drain";

/** All due at once, leaving one after another. */
const burst = (count: number, gapMs: number) =>
  Array.from({ length: count }, (_, index) => ({ dueAtMs: 0, sentAtMs: (index + 1) * gapMs }));

describe("how fast a burst drained", () => {
  test("is measured while mails wait, and not in the tail", () => {
    const { perSecond, overSeconds } = measureDrain(burst(200, 100), 10);
    expect(perSecond).toBeCloseTo(10, 1);
    // The last two seconds' worth does not count as a backlog.
    expect(overSeconds).toBeCloseTo(18.1, 1);
  });

  test("shows instants that nobody used", () => {
    expect(measureDrain(burst(200, 200), 10).perSecond).toBeCloseTo(5, 1);
  });

  test("says nothing where mails came no faster than they may leave", () => {
    const trickle = Array.from({ length: 100 }, (_, index) => ({
      dueAtMs: index * 200,
      sentAtMs: index * 200 + 20,
    }));
    expect(measureDrain(trickle, 10).perSecond).toBeNull();
    expect(measureDrain([], 10).perSecond).toBeNull();
  });
});
