// Which provider makes the next attempt (EMAIL_FAILOVER). Pure. A mail may only move to another provider when it is
// certain that the first one does not have it: an ambiguous attempt binds the mail to its provider for good (P3).
import { concernsAddress, type FailureCode } from "@/emails/failures";
import type { FailureClass, SendResult } from "@/emails/transport";

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
function isOutage(code: string): boolean {
  return OUTAGES.has(code);
}

/** A clear no of the provider to us or to this mail, not to the address: it does not have the mail, and will not. */
export function isProviderRefusal(failure: { class: FailureClass | string; code: string }): boolean {
  if (concernsAddress(failure.code)) return false;
  if (failure.class === "ours") return !MISTAKES_OF_OURS.has(failure.code);
  return failure.class === "permanent" && REFUSALS_OF_MAIL.has(failure.code);
}

/**
 * What a failure says of the provider to the mails that come after it. `away`: it takes no mail of ours, or says nothing
 * when it is handed one; whether it has that one does not matter here. `nothing`: it asks for patience, minds the
 * address or this one mail, which it does before it would have to take it, or the fault is ours.
 */
const SAYS = {
  timeout: "away",
  connection_refused: "away",
  connection_lost: "away",
  unreachable: "away",
  host_not_found: "away",
  server_busy: "away",
  server_error: "away",
  rate_limited: "nothing",
  try_later: "nothing",
  mailbox_busy: "nothing",
  mailbox_full_for_now: "nothing",

  mailbox_unavailable: "nothing",
  mailbox_full: "nothing",
  address_invalid: "nothing",
  address_not_supported: "nothing",
  domain_unavailable: "nothing",
  message_too_large: "nothing",
  mail_refused: "away",
  request_refused: "away",
  idempotency_conflict: "nothing",
  worker_lost: "nothing",

  reply_lost: "away",
  reply_timed_out: "away",
  gateway_error: "away",
  unreadable_answer: "away",
  // An earlier request of the same mail is still being worked on: it may hang, or be about to end well.
  already_in_progress: "nothing",

  credentials_refused: "away",
  sender_refused: "away",
  relay_denied: "away",
  refused_by_policy: "away",
  server_refuses: "away",
  quota_exceeded: "away",
  tls_failed: "away",
  encryption_required: "away",
  endpoint_wrong: "away",
  protocol_error: "away",
  message_malformed: "nothing",
  render_failed: "nothing",
  unexpected_error: "nothing",
} as const satisfies Record<FailureCode, "away" | "nothing">;

const isKnownCode = (code: string): code is FailureCode => Object.hasOwn(SAYS, code);

const saysAway = (code: string) => isKnownCode(code) && SAYS[code] === "away";

/** What one attempt says of its provider; only a mail that it took says that it is well. */
export function judgeHealth(result: SendResult): "well" | "away" | "nothing" {
  if (result.outcome === "accepted") return "well";
  return saysAway(result.code) ? "away" : "nothing";
}

/**
 * True when the person's mail before this one found the provider away, which is likely why they asked for another: this
 * one does not try it again, though too few others may have failed for the breaker to open.
 */
export function foundAway(before: PastAttempt | null, provider: string): boolean {
  return before?.provider === provider && before.outcome === "failed" && saysAway(before.errorCode ?? "");
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
