// From "sent" to "delivered": what became of two mails to one address, one after the other. An address with an owner
// gets the second one never (docs/decisions/007), so its time is drawn: it must not be the first one's over again. Pure.
import type { Answer } from "./compare";

/** Milliseconds; null while the mail is not delivered. */
export function spanOf({ body }: Answer): number | null {
  const { delivery } = body as {
    delivery?: { sent_at?: string | null; delivered_at?: string | null } | null;
  };
  const ms = Date.parse(delivery?.delivered_at ?? "") - Date.parse(delivery?.sent_at ?? "");
  return Number.isNaN(ms) ? null : ms;
}

/** The two spans of one address. */
export type Spans = readonly [number, number];
/** `known`, `unknown`: addresses whose two spans are the same to the millisecond, and how likely so many are. */
export type Repeats = { known: number; unknown: number; pairs: number; pValue: number };

/** As in compare.ts. */
const CHANCE_MAX = 0.001;

/**
 * The repeats of known addresses when they are surely more than chance makes, or null. Chance: how often the spans of
 * two different addresses are the same, which a few pairs tell well enough (exact binomial tail).
 */
export function findRepeats(pairs: readonly { known: Spans; unknown: Spans }[]): Repeats | null {
  const isRepeat = ([first, second]: Spans) => first === second;
  const known = pairs.filter((pair) => isRepeat(pair.known)).length;
  const unknown = pairs.filter((pair) => isRepeat(pair.unknown)).length;
  const pValue = tail(known, pairs.length, rateOfEqual(pairs.flatMap((pair) => [pair.known, pair.unknown])));
  return pValue < CHANCE_MAX ? { known, unknown, pairs: pairs.length, pValue } : null;
}

/** Of the spans of different addresses; never nought, because a few pairs cannot show that. */
function rateOfEqual(addresses: readonly Spans[]): number {
  let equal = 0;
  let compared = 0;
  for (const [index, one] of addresses.entries())
    for (const other of addresses.slice(index + 1))
      for (const span of one)
        for (const otherSpan of other) {
          compared++;
          if (span === otherSpan) equal++;
        }
  return (equal + 1) / (compared + 2);
}

/** The chance of at least `count` hits in `total` tries. */
function tail(count: number, total: number, rate: number): number {
  let sum = 0;
  for (let hits = count; hits <= total; hits++)
    sum += Math.exp(
      logChoose(total, hits) +
        hits * Math.log(rate) +
        (total - hits) * Math.log1p(-Math.min(rate, 1 - 1e-12)),
    );
  return Math.min(1, sum);
}

function logChoose(total: number, hits: number): number {
  let log = 0;
  for (let one = 1; one <= hits; one++) log += Math.log((total - hits + one) / one);
  return log;
}
