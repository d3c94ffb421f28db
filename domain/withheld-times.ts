// When does what became of a withheld mail show? Drawn, so that it is as irregular as the real thing, and never the time
// of another mail over again. Pure but for chance, which callers may bring along.

type Chance = () => number;

/** A drawn time is changed by so much of itself, either way: with few mails to draw from, none comes back to the millisecond. */
const SPREAD = 0.03;
/** Mailboxes that are hardly slower than the provider's sink take the sink's own time, which is a real one. */
const SLOWER = 2;
/** Fewer mails say little about that, unless they were much slower. */
const MANY = 5;
const MUCH_SLOWER = 3;

/** Milliseconds that mails lately took from acceptance to arrival. */
export type Times = {
  /** Those to the mailbox's domain, and those to all. */
  ofDomain: readonly number[];
  ofAll: readonly number[];
  /** Those to the sink, beside this one. */
  ofSink: readonly number[];
};

/**
 * When a withheld mail shows as delivered. `now`: the sink has it. Whether mailboxes are slower than the sink is judged
 * by their usual times, not by this mail's: the later of two times would on the whole be too late.
 */
export function showDeliveredAt(
  { now, sentAt, times }: { now: Date; sentAt: Date; times: Times },
  chance: Chance = Math.random,
): Date {
  const ofSink = [...times.ofSink, now.getTime() - sentAt.getTime()];
  const from = slowerThan(ofSink, times);
  const drawn = (from[Math.floor(chance() * from.length)] ?? 0) * between(1 - SPREAD, 1 + SPREAD, chance);
  return new Date(Math.max(now.getTime(), sentAt.getTime() + Math.round(drawn)));
}

/** The times to draw from; none when the sink's own are good. */
function slowerThan(ofSink: readonly number[], { ofDomain, ofAll }: Times): readonly number[] {
  const isSlower = (times: readonly number[]) => {
    const factor = Math.min(times.length, ofSink.length) >= MANY ? SLOWER : MUCH_SLOWER;
    return median(times) > median(ofSink) * factor;
  };
  if (isSlower(ofDomain)) return ofDomain;
  return ofDomain.length < MANY && isSlower(ofAll) ? ofAll : [];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How far two mails to one mailbox are apart in what happens to them, beside what they were when they were sent. */
const APART = 0.2;

/**
 * When what became of the owner's mail just now shows on one that stands for it: about as long after its own sending, never
 * at the same instant, and not before `notBefore` (what it would have shown without).
 */
export function passOnAt(
  {
    now,
    noticeSentAt,
    sentAt,
    notBefore,
  }: { now: Date; noticeSentAt: Date; sentAt: Date; notBefore: Date | null },
  chance: Chance = Math.random,
): Date {
  const took = Math.max(0, now.getTime() - noticeSentAt.getTime());
  const own = sentAt.getTime() + took * between(1 - APART, 1 + APART, chance);
  const soonest = now.getTime() + Math.max(took, 1000) * between(0, APART, chance);
  return new Date(Math.round(Math.max(own, soonest, notBefore?.getTime() ?? 0)));
}

const between = (from: number, to: number, chance: Chance) => from + (to - from) * chance();
