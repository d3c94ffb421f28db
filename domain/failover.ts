// Which provider makes the next attempt (EMAIL_FAILOVER). Pure. A mail may only move to another provider when it is
// certain that the first one does not have it: an ambiguous attempt binds the mail to its provider for good (P3).
import { concernsAddress } from "@/emails/failures";
import type { FailureClass } from "@/emails/transport";

/** What the ledger says of one attempt that has ended, oldest first. */
export type PastAttempt = {
  provider: string;
  outcome: "accepted" | "deduplicated" | "failed" | "lost" | "withheld" | null;
  errorClass: string | null;
  errorCode: string | null;
};

/** How many outages in a row, at one mail, make it move on. */
const OUTAGES_TO_MOVE = 2;

/** Trouble with reaching the provider or of the provider itself: another one may well be fine. */
const OUTAGES = new Set([
  "timeout",
  "connection_refused",
  "connection_lost",
  "unreachable",
  "host_not_found",
  "server_busy",
  "server_error",
]);
/** Refusals of the mail that another provider may see differently. A number that is taken is not one of them. */
const REFUSALS_OF_MAIL = new Set(["mail_refused", "request_refused"]);
/** Our own program's mistakes: they would go along to any provider. */
const MISTAKES_OF_OURS = new Set(["render_failed", "message_malformed", "unexpected_error"]);

/** The provider was not reached or is not well; says nothing about the mail. */
export function isOutage(code: string): boolean {
  return OUTAGES.has(code);
}

/** A clear no of the provider to us or to this mail, not to the address: it does not have the mail, and will not. */
export function isProviderRefusal(failure: { class: FailureClass | string; code: string }): boolean {
  if (concernsAddress(failure.code)) return false;
  if (failure.class === "ours") return !MISTAKES_OF_OURS.has(failure.code);
  return failure.class === "permanent" && REFUSALS_OF_MAIL.has(failure.code);
}

/** True once the provider of any of these attempts may have the mail: a reply was lost, or the worker. */
export function boundProvider(history: readonly PastAttempt[]): string | null {
  const open = history.find((past) => past.outcome === "lost" || past.errorClass === "ambiguous");
  return open?.provider ?? null;
}

const refused = ({ errorClass, errorCode }: PastAttempt) =>
  errorClass !== null && errorCode !== null && isProviderRefusal({ class: errorClass, code: errorCode });

/**
 * The provider for the next attempt, out of two. `isPreferredWell` is asked only for a mail without a history.
 * A provider that is no longer configured is not chosen, also by a mail that is bound to it.
 */
export function chooseProvider(
  names: { preferred: string; other: string },
  history: readonly PastAttempt[],
  isPreferredWell: () => boolean,
): string {
  const swap = (name: string) => (name === names.preferred ? names.other : names.preferred);
  const isKnown = (name: string) => name === names.preferred || name === names.other;
  const bound = boundProvider(history);
  if (bound && isKnown(bound)) return bound;
  const last = history.at(-1);
  if (!last) return isPreferredWell() ? names.preferred : names.other;
  if (!isKnown(last.provider)) return names.preferred;
  if (refused(last)) return swap(last.provider);
  const recent = history.slice(-OUTAGES_TO_MOVE);
  const isOut = (past: PastAttempt) => past.provider === last.provider && isOutage(past.errorCode ?? "");
  if (recent.length === OUTAGES_TO_MOVE && recent.every(isOut)) return swap(last.provider);
  return last.provider;
}

/** True when the mail, just refused by `provider`, goes to the other one at once instead of after the schedule's wait. */
export function movesAtOnce(
  failure: { class: FailureClass; code: string },
  history: readonly PastAttempt[],
  provider: string,
): boolean {
  if (!isProviderRefusal(failure) || boundProvider(history)) return false;
  return !history.some((past) => past.provider !== provider && refused(past));
}
