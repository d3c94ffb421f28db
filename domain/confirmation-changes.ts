// When does a confirmation change by time alone? Everything else that changes is written to a row, and Postgres tells of
// it. Pure.
import type { ConfirmationCodeRow, DeliveryRow, UserRow } from "@/db/schema";
import { nextTryAt } from "./confirmation-code";
import type { ResendDecision } from "./resend-policy";

export type ConfirmationFacts = {
  user: UserRow;
  delivery: DeliveryRow | null;
  codes: ConfirmationCodeRow[];
  resend: ResendDecision;
};

/**
 * The first instant after `now` at which the same rows say something else: "resend" is allowed again, a code expires,
 * another one may be tried, what became of a withheld mail shows (withheld-mail.ts), the claim ends.
 * Null when there is none.
 */
export function findNextChange({ user, delivery, codes, resend }: ConfirmationFacts, now: Date): Date | null {
  const ofClaim = user.emailConfirmedAt
    ? []
    : [user.claimExpiresAt, nextTryAt(user), ...(resend.allowed ? [] : [resend.nextAllowedAt])];
  const instants = [...ofClaim, ...codes.map((code) => code.expiresAt), delivery?.endShownFrom ?? null];
  const ahead = instants.flatMap((instant) => (instant && instant > now ? [instant.getTime()] : []));
  return ahead.length === 0 ? null : new Date(Math.min(...ahead));
}
