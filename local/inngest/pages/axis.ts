// The time axis of a run's waterfall. Pure.
//
// A run may work for 40 ms and wait for a day. Drawn to scale, its work would be invisible, so waits that are longer
// than all work together are cut: they get a share of the width by the logarithm of their length, and the page says
// at each how long it is.

export type Interval = { fromMs: number; untilMs: number };
/** A wait that is drawn shorter than it was; `x` and `width` are percent of the axis. */
export type Cut = Interval & { x: number; width: number };
export type Tick = { ms: number; x: number };

export type Axis = Interval & {
  /** Percent of the axis, 0 to 100; what lies outside is at its end. */
  at(ms: number): number;
  cuts: readonly Cut[];
  /** Round times since the beginning; none where something is cut, since the scale then changes. */
  ticks: readonly Tick[];
};

const CUT_SHARE_MIN = 0.25;
const CUT_SHARE_EACH = 0.07;
const CUT_SHARE_MAX = 0.6;
const TICKS_MAX = 6;

/**
 * An axis over a whole run. `busy` is when something was being done, in any order, overlapping or not; `edges` are
 * times at which something else began, so that two waits after each other are not taken for one.
 */
export function createAxis(whole: Interval, busy: readonly Interval[], edges: readonly number[] = []): Axis {
  const fromMs = whole.fromMs;
  const untilMs = Math.max(whole.untilMs, fromMs + 1);
  const work = mergeIntervals(busy, { fromMs, untilMs });
  const workMs = sum(work.map(lengthOf));
  const gaps = findGaps(work, { fromMs, untilMs }).flatMap((gap) => splitAt(gap, edges));
  const cut = workMs > 0 ? new Set(gaps.filter((gap) => lengthOf(gap) > workMs)) : new Set<Interval>();
  const share = cut.size === 0 ? 0 : Math.min(CUT_SHARE_MIN + CUT_SHARE_EACH * cut.size, CUT_SHARE_MAX);
  const weightOf = (gap: Interval) => Math.log2(1 + lengthOf(gap) / workMs);
  const cutWeight = sum([...cut].map(weightOf));
  const plainMs = untilMs - fromMs - sum([...cut].map(lengthOf));

  // Pieces in order: each cut, and what lies between two of them.
  const pieces: Cut[] = [];
  let x = 0;
  const add = (piece: Interval, width: number) => {
    pieces.push({ ...piece, x, width });
    x += width;
  };
  let reachedMs = fromMs;
  const addPlain = (until: number) => {
    if (until > reachedMs)
      add({ fromMs: reachedMs, untilMs: until }, (100 * (1 - share) * (until - reachedMs)) / plainMs);
    reachedMs = until;
  };
  const cuts: Cut[] = [];
  for (const gap of cut) {
    addPlain(gap.fromMs);
    add(gap, (100 * share * weightOf(gap)) / cutWeight);
    cuts.push(...pieces.slice(-1));
    reachedMs = gap.untilMs;
  }
  addPlain(untilMs);

  const at = (ms: number): number => {
    if (ms <= fromMs) return 0;
    const piece = pieces.find((one) => ms <= one.untilMs);
    if (!piece) return 100;
    return piece.x + (piece.width * (ms - piece.fromMs)) / lengthOf(piece);
  };
  return { fromMs, untilMs, at, cuts, ticks: cut.size > 0 ? [] : ticksOf({ fromMs, untilMs }, at) };
}

function ticksOf({ fromMs, untilMs }: Interval, at: (ms: number) => number): Tick[] {
  const stepMs = roundStep((untilMs - fromMs) / TICKS_MAX);
  const ticks: Tick[] = [];
  for (let ms = fromMs; ms <= untilMs; ms += stepMs) ticks.push({ ms, x: at(ms) });
  return ticks;
}

/** Steps that read well: 1, 2 and 5 of milliseconds and seconds, then minutes, hours and days. */
function roundStep(leastMs: number): number {
  const seconds = 1_000;
  const minutes = 60 * seconds;
  const hours = 60 * minutes;
  const steps = [
    ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
    ...[1, 2, 5, 10, 30].map((n) => n * seconds),
    ...[1, 2, 5, 10, 30].map((n) => n * minutes),
    ...[1, 2, 6, 12].map((n) => n * hours),
    ...[1, 2, 7, 14, 30, 90].map((n) => n * 24 * hours),
  ];
  return steps.find((step) => step >= leastMs) ?? 90 * 24 * hours;
}

function mergeIntervals(intervals: readonly Interval[], bounds: Interval): Interval[] {
  const sorted = intervals
    .map((one) => ({
      fromMs: Math.max(one.fromMs, bounds.fromMs),
      untilMs: Math.min(one.untilMs, bounds.untilMs),
    }))
    .filter((one) => one.untilMs >= one.fromMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  const merged: Interval[] = [];
  for (const one of sorted) {
    const last = merged.at(-1);
    if (last && one.fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, one.untilMs);
    else merged.push(one);
  }
  return merged;
}

function findGaps(work: readonly Interval[], bounds: Interval): Interval[] {
  const edges = [bounds.fromMs, ...work.flatMap((one) => [one.fromMs, one.untilMs]), bounds.untilMs];
  const gaps: Interval[] = [];
  for (let i = 0; i + 1 < edges.length; i += 2) {
    const gap = { fromMs: edges[i] ?? 0, untilMs: edges[i + 1] ?? 0 };
    if (lengthOf(gap) > 0) gaps.push(gap);
  }
  return gaps;
}

function splitAt(gap: Interval, edges: readonly number[]): Interval[] {
  const inside = edges.filter((ms) => ms > gap.fromMs && ms < gap.untilMs);
  const sorted = [...new Set([gap.fromMs, ...inside, gap.untilMs])].sort((a, b) => a - b);
  return sorted.slice(1).map((untilMs, index) => ({ fromMs: sorted[index] ?? gap.fromMs, untilMs }));
}

const lengthOf = ({ fromMs, untilMs }: Interval): number => untilMs - fromMs;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
