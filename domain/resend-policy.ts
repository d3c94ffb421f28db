// When may a person ask for another code? Pure: no clock, no database.
// The limits protect our sender reputation and the owner of the mailbox, not just our budget.
import { addSeconds } from "./clock";

/** Wait after the first, second and every further mail of a claim, in seconds. */
export const RESEND_COOLDOWN_SECONDS = [60, 120, 300] as const;
export const RESENDS_PER_HOUR = 5;
export const RESENDS_PER_DAY = 10;

export type ResendDecision =
  | { allowed: true }
  | { allowed: false; reason: "cooldown" | "limit"; nextAllowedAt: Date };

/**
 * Decides whether another mail may be queued. `queuedAt` lists the earlier mails of the last 24 h, oldest first,
 * the one of the registration included. A mail that failed still counts, so that a broken provider cannot be
 * used to get around the limit.
 */
export function decideResend(queuedAt: readonly Date[], now: Date): ResendDecision {
  const latest = queuedAt.at(-1);
  if (!latest) return { allowed: true };
  const waits: { reason: "cooldown" | "limit"; until: Date }[] = [];
  const cooldown =
    RESEND_COOLDOWN_SECONDS[Math.min(queuedAt.length, RESEND_COOLDOWN_SECONDS.length) - 1] ?? 0;
  waits.push({ reason: "cooldown", until: addSeconds(latest, cooldown) });
  for (const [limit, windowSeconds] of [
    [RESENDS_PER_HOUR, 3600],
    [RESENDS_PER_DAY, 86_400],
  ] as const) {
    // One registration mail and `limit` resends fit a window; the next waits until the oldest of them leaves it.
    const oldestThatCounts = queuedAt.at(-(limit + 1));
    if (oldestThatCounts) waits.push({ reason: "limit", until: addSeconds(oldestThatCounts, windowSeconds) });
  }
  const longest = waits.reduce((a, b) => (b.until > a.until ? b : a));
  return longest.until > now
    ? { allowed: false, reason: longest.reason, nextAllowedAt: longest.until }
    : { allowed: true };
}
