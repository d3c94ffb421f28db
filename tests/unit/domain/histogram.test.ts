import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addTo, bucketOf, countAll, endOfBucket, percentileOf, shareWithinASecond } from "@/domain/histogram";

const count = (seconds: readonly number[]) => {
  const histogram = new Map<number, number>();
  for (const one of seconds) addTo(histogram, new Map([[bucketOf(one), 1]]));
  return histogram;
};

describe("a length of time", () => {
  test("is in a bucket that does not end before it, nor a tenth above it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 90, noNaN: true }), (seconds) => {
        const end = endOfBucket(bucketOf(seconds));
        expect(end).toBeGreaterThanOrEqual(seconds * 0.999999);
        expect(end).toBeLessThanOrEqual(seconds * 1.1000001);
      }),
    );
  });

  test("of a second is in one that ends with the second; what is a hair longer is not", () => {
    expect(endOfBucket(bucketOf(1))).toBe(1);
    expect(bucketOf(1.001)).toBe(bucketOf(1) + 1);
  });

  test("that is none, or longer than any, has a bucket all the same", () => {
    for (const none of [0, -1, Number.NaN]) expect(bucketOf(none)).toBe(0);
    expect(bucketOf(1e9)).toBe(bucketOf(1e6));
    expect(endOfBucket(bucketOf(1e9))).toBeGreaterThan(90);
  });
});

describe("a percentile", () => {
  test("is at most a tenth above the exact one, however the counts are spread over processes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 80, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (seconds, share) => {
          const sum = count(seconds.slice(0, seconds.length >> 1));
          addTo(sum, count(seconds.slice(seconds.length >> 1)));
          const sorted = seconds.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil(seconds.length * share) - 1] ?? 0;
          const told = percentileOf(sum, share) ?? 0;
          expect(countAll(sum)).toBe(seconds.length);
          expect(told).toBeGreaterThanOrEqual(exact * 0.999999);
          expect(told).toBeLessThanOrEqual(exact * 1.1000001);
        },
      ),
    );
  });

  test("of nothing is null, and so is the share within a second", () => {
    expect(percentileOf(new Map(), 0.5)).toBeNull();
    expect(shareWithinASecond(new Map())).toBeNull();
  });

  test("the share within a second counts exactly", () => {
    expect(shareWithinASecond(count([0.1, 0.999, 1, 1.01]))).toBe(0.75);
  });
});
