// Does one kind of address take longer? A two-sample test on pairs that were asked one right after the other, in drawn
// order, so that a machine that gets slower or busier does so to both. Pure.
//
// Wilcoxon's signed-rank test, turned into an interval: the shift between the two kinds lies in it with 99.9 %
// certainty (Hodges and Lehmann 1963; Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3.2 and 3.3). It
// needs no bell curve, and a few answers that took a second move it little. What counts is the bound: with enough pairs every
// microsecond becomes significant, and no limit of ours lets a stranger ask often enough to see it.

export type Verdict = "equal" | "different" | "undecided";

export type Timing = {
  pairs: number;
  /** Milliseconds. */
  medianKnown: number;
  medianUnknown: number;
  /** The shift, known minus unknown, in milliseconds, and the interval that holds it. */
  shift: number;
  from: number;
  to: number;
  /** The chance that of one answer of each kind the known one took longer; 0.5 tells nothing (Mann and Whitney). */
  knownIsSlower: number;
  /** `equal`: surely within the bound; `different`: surely beyond it; `undecided`: too few pairs, or too much noise. */
  verdict: Verdict;
};

/** 99.9 %, two-sided. */
const Z = 3.2905;

/** Null without pairs. */
export function testTiming(
  pairs: readonly { known: number; unknown: number }[],
  boundMs: number,
): Timing | null {
  if (pairs.length === 0) return null;
  const differences = pairs.map(({ known, unknown }) => known - unknown);
  const walsh = walshAverages(differences);
  const n = pairs.length;
  const margin = Z * Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  const cut = Math.floor((n * (n + 1)) / 4 - margin);
  // Too few pairs for this certainty: every shift is possible.
  const from = cut < 1 ? Number.NEGATIVE_INFINITY : (walsh[cut - 1] ?? Number.NEGATIVE_INFINITY);
  const to = cut < 1 ? Number.POSITIVE_INFINITY : (walsh[walsh.length - cut] ?? Number.POSITIVE_INFINITY);
  const known = pairs.map((pair) => pair.known);
  const unknown = pairs.map((pair) => pair.unknown);
  return {
    pairs: n,
    medianKnown: median(known),
    medianUnknown: median(unknown),
    shift: median(walsh),
    from,
    to,
    knownIsSlower: chanceOfSlower(known, unknown),
    verdict:
      from > boundMs || to < -boundMs ? "different" : from > -boundMs && to < boundMs ? "equal" : "undecided",
  };
}

/** The mean of every two differences, each with itself included, in order. */
function walshAverages(values: readonly number[]): Float64Array {
  const sums = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++) sums[at++] = ((values[i] ?? 0) + (values[j] ?? 0)) / 2;
  return sums.sort();
}

export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** Mann and Whitney's U over all combinations, ties counted half. */
function chanceOfSlower(known: readonly number[], unknown: readonly number[]): number {
  let wins = 0;
  for (const one of known) for (const other of unknown) wins += one > other ? 1 : one === other ? 0.5 : 0;
  return wins / (known.length * unknown.length);
}
