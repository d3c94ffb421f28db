// How fast a burst of mails drained, from when each was due and when it left. Pure.

export type SentMail = {
  /** Milliseconds, any clock. */
  dueAtMs: number;
  sentAtMs: number;
};

export type Drain = {
  /** Mails per second while more of them waited than may leave in two seconds; null when that was never so. */
  perSecond: number | null;
  /** How long that was, in seconds. */
  overSeconds: number;
};

/** So many seconds' worth of mails must wait: then nothing but the pace, or us, holds them up. */
const BACKLOG_SECONDS = 2;

/** `allowedPerSecond`: the pace that was set. */
export function measureDrain(mails: readonly SentMail[], allowedPerSecond: number): Drain {
  const events = mails
    .flatMap(({ dueAtMs, sentAtMs }) => [
      { atMs: dueAtMs, waiting: 1 },
      { atMs: Math.max(dueAtMs, sentAtMs), waiting: -1 },
    ])
    // Due before sent at the same instant, or a mail would leave before it came.
    .sort((a, b) => a.atMs - b.atMs || b.waiting - a.waiting);
  let waiting = 0;
  let sent = 0;
  let overMs = 0;
  let lastMs = events[0]?.atMs ?? 0;
  for (const event of events) {
    const isBacklog = waiting >= BACKLOG_SECONDS * allowedPerSecond;
    if (isBacklog) {
      overMs += event.atMs - lastMs;
      if (event.waiting < 0) sent++;
    }
    waiting += event.waiting;
    lastMs = event.atMs;
  }
  return { perSecond: overMs > 0 ? (sent * 1000) / overMs : null, overSeconds: overMs / 1000 };
}
