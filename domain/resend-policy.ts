// When may a person ask for another code? Pure: no clock, no database.
// The limits protect our sender reputation and the owner of the mailbox, not just our budget.
import { addSeconds } from "./clock";

/** Wait after the first, second and every further mail of a claim, in seconds. */
export const RESEND_COOLDOWN_SECONDS = [60, 120, 300] as const;
/** For one address, whichever of its claims ask. */
export const RESENDS_PER_HOUR = 5;
export const RESENDS_PER_DAY = 10;

export type ResendDecision =
  | { allowed: true }
  | { allowed: false; reason: "cooldown" | "limit"; nextAllowedAt: Date };

export type MailsOfLastDay = {
  /** All mails of the claim that asks, its first included, oldest first. */
  ofClaim: readonly Date[];
  /** Mails to its address, by any claim, other than each claim's first (mailed-addresses.ts); oldest first. */
  furtherToAddress: readonly Date[];
};

/**
 * Decides whether another mail may be queued. A mail that failed, or that was held back on purpose, still counts, so
 * that neither a broken provider nor an address that has an owner makes a difference.
 */
export function decideResend({ ofClaim, furtherToAddress }: MailsOfLastDay, now: Date): ResendDecision {
  const waits: { reason: "cooldown" | "limit"; until: Date }[] = [];
  const latest = ofClaim.at(-1);
  const cooldown = RESEND_COOLDOWN_SECONDS[Math.min(ofClaim.length, RESEND_COOLDOWN_SECONDS.length) - 1] ?? 0;
  if (latest) waits.push({ reason: "cooldown", until: addSeconds(latest, cooldown) });
  for (const [limit, windowSeconds] of [
    [RESENDS_PER_HOUR, 3600],
    [RESENDS_PER_DAY, 86_400],
  ] as const) {
    const oldestThatFills = furtherToAddress.at(-limit);
    if (oldestThatFills) waits.push({ reason: "limit", until: addSeconds(oldestThatFills, windowSeconds) });
  }
  const open = waits.filter(({ until }) => until > now);
  const [first, ...rest] = open;
  if (!first) return { allowed: true };
  const longest = rest.reduce((a, b) => (b.until > a.until ? b : a), first);
  return { allowed: false, reason: longest.reason, nextAllowedAt: longest.until };
}
