// Lengths of time, counted by how long they were: what several processes count can be added up, and percentiles can be
// read from the sum, which no mean of percentiles gives. Pure.

/** Each bucket ends a tenth above the one before: a percentile is at most so much off. */
const GROWTH = 1.1;
/** Buckets below a second: down to a millisecond. */
const BELOW_A_SECOND = 73;
/** Above: up to a minute and a half. What is longer counts as that. */
const ABOVE_A_SECOND = 48;
const LAST = BELOW_A_SECOND + ABOVE_A_SECOND;

/** Counts by bucket; a bucket that is not there counts nothing. */
export type Histogram = ReadonlyMap<number, number>;

/** The bucket of a length in seconds, from 0. A second ends one exactly: it is what people are promised (DESIGN.md P1). */
export function bucketOf(seconds: number): number {
  if (!(seconds > 0)) return 0;
  // The logarithm of a bucket's own end may come out a hair above it.
  const power = Math.ceil(Math.log(seconds) / Math.log(GROWTH) - 1e-9);
  return Math.min(LAST, Math.max(0, power + BELOW_A_SECOND));
}

/** Where a bucket ends, in seconds; it holds this length and none below the end of the one before. */
export const endOfBucket = (bucket: number): number => GROWTH ** (bucket - BELOW_A_SECOND);

export const countAll = (histogram: Histogram): number =>
  [...histogram.values()].reduce((sum, count) => sum + count, 0);

/** The length in seconds that `share` (0 to 1) of them do not exceed, as the end of its bucket; null of none. */
export function percentileOf(histogram: Histogram, share: number): number | null {
  const rank = Math.ceil(countAll(histogram) * share);
  let seen = 0;
  for (const bucket of [...histogram.keys()].sort((a, b) => a - b)) {
    seen += histogram.get(bucket) ?? 0;
    if (seen > 0 && seen >= rank) return endOfBucket(bucket);
  }
  return null;
}

/** The share, 0 to 1, that took a second or less; exact. Null of none. */
export function shareWithinASecond(histogram: Histogram): number | null {
  const all = countAll(histogram);
  if (all === 0) return null;
  const within = [...histogram].filter(([bucket]) => bucket <= BELOW_A_SECOND);
  return countAll(new Map(within)) / all;
}

/** Adds `more` to `sum`. */
export function addTo(sum: Map<number, number>, more: Histogram): void {
  for (const [bucket, count] of more) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
}
