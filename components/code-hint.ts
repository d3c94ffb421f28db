// The line under the code field: how long the code works, or why it does not. Pure.
import type { Confirmation } from "@/domain/confirmation-state";

export type CodeHint =
  /** It has been used: the address is confirmed. */
  | { kind: "done" }
  /** No mail has left yet, so there is nothing to type. */
  | { kind: "waiting" }
  /** The newest mail did not arrive and never will. */
  | { kind: "not_coming" }
  | { kind: "works"; expiresAt: string }
  | { kind: "expired" }
  | { kind: "no_tries" }
  /** Too many wrong codes over the whole claim: one try at a time, with growing waits. */
  | { kind: "wait"; nextTryAt: string };

/** Whether nothing that is there, or on its way, can be typed: another code is what helps. */
export const isAnotherNeeded = ({ kind }: CodeHint): boolean =>
  kind === "expired" || kind === "no_tries" || kind === "not_coming";

const NOT_ARRIVED: ReadonlySet<string> = new Set(["bounced", "suppressed", "failed"]);

/** `nowMs` is the server's clock. A code whose mail has left is over by time first: "no tries" would be beside the point. */
export function describeCode({ confirmed, code, delivery }: Confirmation, nowMs: number): CodeHint {
  if (confirmed) return { kind: "done" };
  // A mail that did not arrive brought no code to type, whatever the code's own lifetime says.
  if (delivery && NOT_ARRIVED.has(delivery.status)) return { kind: "not_coming" };
  const isExpired = code.expires_at !== null && Date.parse(code.expires_at) <= nowMs;
  // Nor does another one follow it: an address that complained gets no more mail (domain/provider-events.ts).
  if (delivery?.status === "complained" && (isExpired || code.tries_left === 0))
    return { kind: "not_coming" };
  if (isExpired) return { kind: "expired" };
  if (code.next_try_at !== null && Date.parse(code.next_try_at) > nowMs)
    return { kind: "wait", nextTryAt: code.next_try_at };
  if (delivery !== null && code.tries_left === 0) return { kind: "no_tries" };
  if (code.expires_at !== null) return { kind: "works", expiresAt: code.expires_at };
  return { kind: delivery?.status === "cancelled" ? "not_coming" : "waiting" };
}
