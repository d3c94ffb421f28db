// Who did what: the list of what is written down, and nothing else is. A row holds ids, a keyed hash of the network
// and the words below; never an address, a name, a code or a token. It ends by retention.ts.
//
// Written in the transaction of the act, so that none is without its row, and no row without its act. Refusals by a
// limit are in the log alone (rate-limit.ts): a stranger must not be able to write rows without end.
import { insertAuditRow } from "@/db/audit-log";
import type { Executor } from "@/db/client";
import type { AuditType } from "@/db/schema";
import { hashSubject } from "./rate-limit";
import type { Services } from "./services";

type None = Record<never, never>;

/** What each kind of row says beside whom it is about. */
export type AuditDetails = {
  /** A claim was made, on a free address or on one that has an owner: both look the same here. */
  registered: None;
  /** The name is taken, and not by a claim on that address, of which the password would have been a try. */
  registration_refused: { reason: "username_taken" };
  /** The claim became an account. */
  confirmed: None;
  /** A wrong code that was counted; what comes after the last try is refused without being judged, and has no row. */
  confirmation_refused: None;
  /** Another code was asked for. */
  code_resent: None;
  /** The claim was moved to another address. */
  address_changed: None;
  /** "This wasn't me" in a mail; `kept`: the claim had ended, moved or become an account. */
  disowned: { claim: "ended" | "kept" };
  /** That was taken back: the address takes mail again. */
  mail_allowed: None;
  /** `scope`: of the session that was opened. */
  signed_in: { scope: "claim" | "full" };
  /**
   * `unknown_name`: also for a claim that is over. `busy`: nobody looked at the password. The outside hears one and the
   * same sentence of the first two.
   */
  sign_in_refused: { reason: "unknown_name" | "wrong_password" | "busy" };
  session_revoked: {
    reason: "signed_out" | "chosen_from_list" | "everywhere_else" | "token_reused" | "replaced";
    sessions: number;
  };
  /** Every session ended with it. */
  password_changed: None;
  /** By the person. The row stays, and is about nobody any more. */
  account_deleted: None;
  /** By an operator. How many rows that were; whose is not written down. */
  person_erased: { users: number; deliveries: number };
  operator_signed_in: None;
  operator_sign_in_refused: None;
  operator_signed_out: None;
  /** By an operator: `newDeliveryId` is sent in the place of `deliveryId`. */
  delivery_replayed: { deliveryId: string; newDeliveryId: string };
  /** By an operator. */
  delivery_cancelled: { deliveryId: string };
  /** By an operator: another code, past the limits on resends. */
  mail_requested: { deliveryId: string };
  /** By an operator, from the replaced system. How many lines became accounts, were there already, brought another password, were refused. */
  users_imported: { imported: number; present: number; updated: number; refused: number };
  /** By an operator. */
  webhook_replayed: { webhookId: string };
};

/** Each kind of row in words, for operators. */
export const AUDIT_SENTENCES: Record<AuditType, string> = {
  registered: "Registered",
  registration_refused: "A registration was refused",
  confirmed: "Confirmed the address",
  confirmation_refused: "A code was refused",
  code_resent: "Asked for another code",
  address_changed: "Changed the address before confirming",
  disowned: "The mailbox's reader said that it was not them",
  mail_allowed: "The mailbox's reader took that back",
  signed_in: "Signed in",
  sign_in_refused: "A sign-in was refused",
  session_revoked: "Ended sessions",
  password_changed: "Changed the password",
  account_deleted: "Deleted the account",
  person_erased: "An operator erased a person",
  operator_signed_in: "An operator signed in",
  operator_sign_in_refused: "A sign-in as operator was refused",
  operator_signed_out: "An operator signed out",
  delivery_replayed: "An operator sent a mail anew",
  delivery_cancelled: "An operator called a mail off",
  mail_requested: "An operator sent a person another code",
  users_imported: "An operator imported people",
  webhook_replayed: "An operator sent a webhook anew",
};

/** What each kind of row says beside whom it is about, in words, for operators. */
export const AUDIT_DETAIL_WORDS: Record<
  { [Type in AuditType]: keyof AuditDetails[Type] }[AuditType],
  string
> = {
  reason: "Reason",
  claim: "Claim",
  scope: "Scope",
  sessions: "Sessions",
  users: "People",
  deliveries: "Mails",
  deliveryId: "Mail",
  newDeliveryId: "New mail",
  imported: "Imported",
  present: "There before",
  updated: "Updated",
  refused: "Refused",
  webhookId: "Webhook",
};

export type AuditEntry<Type extends AuditType = AuditType> = {
  type: Type;
  details: AuditDetails[Type];
  /** Whom it is about; null when that is nobody we know. */
  userId: string | null;
  /** Where the request came from, in clear: it is hashed here. Null or left out when it is not known. */
  network?: string | null | undefined;
  actor?: "person" | "operator";
};

/** Writes one row, in the transaction of what it tells of. */
export async function recordAudit<Type extends AuditType>(
  services: Services,
  executor: Executor,
  { type, details, userId, network, actor = "person" }: AuditEntry<Type>,
): Promise<void> {
  await insertAuditRow(executor, {
    at: services.clock(),
    type,
    actor,
    userId,
    network: network ? hashSubject(services, network) : null,
    details: { ...details },
  });
}
