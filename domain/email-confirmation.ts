// A claim's second half: its state, confirming it with a code, asking for another code.

import { lockClaim, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import { countTry } from "@/db/codes";
import { type ConfirmationRows, readConfirmationRows } from "@/db/confirmation-rows";
import { cancelOpenDeliveries, listQueuedInstants } from "@/db/deliveries";
import { lockOpenDeliveries } from "@/db/locks";
import type { UserRow } from "@/db/schema";
import { countWrongCode, findConfirmedUserByEmail, isAddressConfirmedElsewhere } from "@/db/users";
import { DEFAULT_LANGUAGE, type Language } from "@/messages/languages";
import { ADDRESS_CHANGES_PER_CLAIM } from "./address-change";
import { recordAudit } from "./audit-log";
import { settleConfirmation } from "./claim-confirmation";
import { answerCodeAgain, exchangeSession, letOthersGoOn } from "./claim-sessions";
import type { Client } from "./client-network";
import { addSeconds } from "./clock";
import { type ConfirmationFacts, findNextChange } from "./confirmation-changes";
import { cleanCode, matchesCode, nextTryAt, pickValidCodes } from "./confirmation-code";
import type { Confirmation, DeliveryStatus } from "./confirmation-state";
import { reasonSentence } from "./delivery-reasons";
import { countTries } from "./delivery-status";
import { DomainError, invalidField } from "./errors";
import { DELIVERY_REQUESTED } from "./events";
import { listFurtherMails } from "./mailed-addresses";
import { admitFurtherMail } from "./rate-limit";
import { type QueuedDelivery, queueDelivery } from "./registration";
import { decideResend, type MailsOfLastDay, type ResendDecision } from "./resend-policy";
import type { Services } from "./services";
import { type StartedSession, startSession } from "./tokens";
import { describeUser, type UserData } from "./user-data";
import { type Chance, countTriesLeft, listValidCodes, weighChance } from "./valid-codes";

const DAY_SECONDS = 24 * 3600;

/**
 * What the person may know now, or null when the account is gone or the claim is over. One shape for API, stream
 * and page (promise P8), its sentences in `language`.
 */
export async function getConfirmation(
  services: Services,
  userId: string,
  language: Language = DEFAULT_LANGUAGE,
): Promise<Confirmation | null> {
  return (await readConfirmation(services, userId, language))?.confirmation ?? null;
}

/** The same, and when time alone changes it (confirmation-changes.ts): for who is told of changes. */
export async function readConfirmation(
  services: Services,
  userId: string,
  language: Language,
): Promise<{ confirmation: Confirmation; changesAt: Date | null } | null> {
  const now = services.clock();
  const rows = await readConfirmationRows(services.db, userId, addSeconds(now, -DAY_SECONDS));
  if (!rows || (!rows.user.emailConfirmedAt && rows.user.claimExpiresAt <= now)) return null;
  const { user, delivery } = rows;
  const facts = { user, delivery, codes: pickValidCodes(rows.codes), resend: decideResend(rows, now) };
  return {
    confirmation: describeConfirmation(facts, now, language),
    changesAt: findNextChange(facts, now),
  };
}

async function readMailsOfLastDay(
  services: Services,
  executor: Executor,
  user: Pick<UserRow, "id" | "email">,
  now: Date,
): Promise<MailsOfLastDay> {
  const since = addSeconds(now, -DAY_SECONDS);
  const [ofClaim, furtherToAddress] = await Promise.all([
    listQueuedInstants(executor, user.id, since),
    listFurtherMails(services, executor, user.email, since),
  ]);
  return { ofClaim, furtherToAddress };
}

/** Builds the public state from rows. Pure. */
export function describeConfirmation(facts: ConfirmationFacts, now: Date, language: Language): Confirmation {
  const { user, delivery, codes, resend } = facts;
  const confirmed = user.emailConfirmedAt !== null;
  // What became of a withheld mail shows when it would have become of it (withheld-mail.ts).
  const isEndAhead = delivery?.endShownFrom ? delivery.endShownFrom > now : false;
  const tries = delivery ? countTries(delivery) : 0;
  return {
    confirmed,
    email: user.email,
    registered_at: user.createdAt.toISOString(),
    delivery: delivery && {
      id: delivery.id,
      status: shownStatus(delivery.status, { isEndAhead, tries }),
      attempt: tries,
      max_attempts: delivery.maxAttempts,
      queued_at: delivery.createdAt.toISOString(),
      next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
      sent_at: delivery.sentAt?.toISOString() ?? null,
      delivered_at: (!isEndAhead && delivery.deliveredAt?.toISOString()) || null,
      reason:
        delivery.reasonCode && !isEndAhead
          ? { code: delivery.reasonCode, message: reasonSentence(delivery.reasonCode, language) }
          : null,
    },
    code: {
      tries_left: countTriesLeft(user, codes, now),
      next_try_at: confirmed ? null : laterThan(now, nextTryAt(user)),
      expires_at: codes[0]?.expiresAt?.toISOString() ?? null,
    },
    resend: confirmed
      ? { allowed: false, next_allowed_at: null, reason: "already_confirmed" }
      : resend.allowed
        ? { allowed: true, next_allowed_at: null, reason: null }
        : { allowed: false, next_allowed_at: resend.nextAllowedAt.toISOString(), reason: resend.reason },
    email_changes_left: confirmed ? 0 : Math.max(0, ADDRESS_CHANGES_PER_CLAIM - user.addressChangeCount),
    server_time: now.toISOString(),
  };
}

const laterThan = (now: Date, instant: Date | null) =>
  instant && instant > now ? instant.toISOString() : null;

function shownStatus(
  status: DeliveryStatus,
  { isEndAhead, tries }: { isEndAhead: boolean; tries: number },
): DeliveryStatus {
  if (isEndAhead) return "sent";
  // Only too early for the provider's rate so far: it stands in the queue, and no try of its has failed.
  return status === "retrying" && tries === 0 ? "queued" : status;
}

type Verdict =
  | { outcome: "confirmed" | "again"; user: UserRow; session: StartedSession }
  | { outcome: "wrong"; triesLeft: number }
  | Exclude<Chance, { outcome: "open" }>
  | { outcome: "already" }
  | { outcome: "gone" };

/**
 * Confirms the claim's address with the code from its mail. Every try is counted before it is judged, under a lock on
 * the claim, so that parallel guesses get no extra tries. Opens a new, full session in the place of `sessionId`, the one
 * that asks; the claim's others may go on by themselves (claim-sessions.ts). The same code again, by the same session,
 * brings the same account's session again, as long as nobody has used that.
 * Throws `invalid_input` (no six digits; not counted), `wrong_code`, `code_expired`, `too_many_tries`, `already_confirmed`.
 */
export async function confirmEmail(
  services: Services,
  userId: string,
  typed: string,
  { sessionId, ...client }: Client & { sessionId?: string } = {},
): Promise<{ user: UserData; session: StartedSession }> {
  const code = cleanCode(typed);
  if (!code) throw invalidField({ field: "code", code: "six_digits", text: "six_digits" });
  await refuseUnseen(services, userId);
  const verdict = await judgeCode(services, userId, code, { sessionId, client }).catch((error: unknown) => {
    // Somebody else confirmed this address in the meantime: this claim can no longer be confirmed by anything.
    if (isAddressConfirmedElsewhere(error)) return countAsWrong(services, userId);
    throw error;
  });
  switch (verdict.outcome) {
    case "confirmed":
      services.log.info({ userId }, `Email address of user ${userId} confirmed`);
      return { user: describeUser(verdict.user), session: verdict.session };
    case "again":
      return { user: describeUser(verdict.user), session: verdict.session };
    case "wrong":
      throw new DomainError("wrong_code", {
        triesLeft: verdict.triesLeft,
      });
    case "expired":
      throw new DomainError("code_expired");
    case "exhausted":
      throw await tooManyTries(services, userId);
    case "wait":
      throw tooManyTriesYet(verdict.until);
    case "already":
      throw new DomainError("already_confirmed");
    case "gone":
      throw new DomainError("invalid_token", { text: "registration_over" });
  }
}

async function judgeCode(
  services: Services,
  userId: string,
  code: string,
  { sessionId, client }: { sessionId: string | undefined; client: Client },
): Promise<Verdict> {
  return onClaims(services, async (tx): Promise<Verdict> => {
    const user = await lockClaim(tx, userId);
    const now = services.clock();
    if (!user) return { outcome: "gone" };
    if (user.emailConfirmedAt) {
      const again = sessionId
        ? await answerCodeAgain(services, tx, { userId, sessionId }, { code, client })
        : null;
      return again ? { outcome: "again", user, session: again } : { outcome: "already" };
    }
    if (user.claimExpiresAt <= now) return { outcome: "gone" };
    await lockOpenDeliveries(tx, [userId]);
    const codes = await listValidCodes(tx, userId);
    const chance = weighChance(user, codes, now);
    if (chance.outcome !== "open") return chance;
    const { open } = chance;
    await countTry(
      tx,
      open.map((row) => row.id),
    );
    // A decoy claim does the same work; its owner's row is what refuses it (promise P6).
    const owner = await findConfirmedUserByEmail(tx, user.email);
    const matching = open.filter((row) => matchesCode(services.keys, row.id, row.codeHash, code));
    const right = owner ? undefined : matching[0];
    if (!right) {
      await countWrongCode(tx, userId, now);
      const { network } = client;
      await recordAudit(services, tx, { type: "confirmation_refused", userId, network, details: {} });
      const counted = codes.map((row) => (open.includes(row) ? { ...row, tries: row.tries + 1 } : row));
      const triesLeft = countTriesLeft({ ...user, wrongCodeCount: user.wrongCodeCount + 1 }, counted, now);
      return { outcome: "wrong", triesLeft };
    }
    await settleConfirmation(services, tx, { user, codeId: right.id, client, now });
    // A new session on confirmation: what was handed out before stays what it was (ASVS 5.0, 7.2.4).
    const session = sessionId
      ? await exchangeSession(services, tx, { userId, sessionId }, { client, now })
      : await startSession(services, tx, { userId, scope: "full", device: client.device });
    await letOthersGoOn(tx, userId, now);
    return { outcome: "confirmed", user: { ...user, emailConfirmedAt: now }, session };
  });
}

async function countAsWrong(services: Services, userId: string): Promise<Verdict> {
  const confirmation = await getConfirmation(services, userId);
  await countWrongCode(services.db, userId, services.clock());
  return { outcome: "wrong", triesLeft: Math.max(0, (confirmation?.code.tries_left ?? 1) - 1) };
}

async function tooManyTries(services: Services, userId: string): Promise<DomainError> {
  const now = services.clock();
  const rows = await readOpenClaim(services, userId, now);
  return codesSpent(rows ? decideResend(rows, now) : null, now);
}

/** The way out is another code. */
const codesSpent = (resend: ResendDecision | null, now: Date) =>
  new DomainError("too_many_tries", {
    triesLeft: 0,
    nextAllowedAt: resend && !resend.allowed ? resend.nextAllowedAt : now,
  });

const tooManyTriesYet = (until: Date) =>
  new DomainError("too_many_tries", { text: "too_many_tries_wait", triesLeft: 0, nextAllowedAt: until });

/** Where no code would be looked at, whatever it is, that is told without a lock or a transaction. */
async function refuseUnseen(services: Services, userId: string): Promise<void> {
  const now = services.clock();
  const rows = await readOpenClaim(services, userId, now);
  if (!rows) return;
  const chance = weighChance(rows.user, pickValidCodes(rows.codes), now);
  if (chance.outcome === "exhausted") throw codesSpent(decideResend(rows, now), now);
  if (chance.outcome === "wait") throw tooManyTriesYet(chance.until);
}

/** Null for a claim that was confirmed, is over or gone. */
async function readOpenClaim(
  services: Services,
  userId: string,
  now: Date,
): Promise<ConfirmationRows | null> {
  const rows = await readConfirmationRows(services.db, userId, addSeconds(now, -DAY_SECONDS));
  return rows && !rows.user.emailConfirmedAt && rows.user.claimExpiresAt > now ? rows : null;
}

/**
 * Queues another mail with a new code; that of the last mail that may have left stays valid too, in case it arrives
 * late. What was still pending is cancelled. Throws `resend_cooldown`, `resend_limit` (both with the time), `already_confirmed`.
 */
export async function requestAnotherCode(services: Services, userId: string): Promise<QueuedDelivery> {
  await refuseTooSoon(services, userId);
  return onClaims(services, async (tx) => {
    const user = await lockClaim(tx, userId);
    const now = services.clock();
    if (!user || (!user.emailConfirmedAt && user.claimExpiresAt <= now))
      throw new DomainError("invalid_token", { text: "registration_over" });
    if (user.emailConfirmedAt) throw new DomainError("already_confirmed");
    const decision = decideResend(await readMailsOfLastDay(services, tx, user, now), now);
    if (!decision.allowed) throw resendRefused(decision);
    await recordAudit(services, tx, { type: "code_resent", userId, details: {} });
    await cancelOpenDeliveries(tx, [userId], "superseded", now);
    const owner = await findConfirmedUserByEmail(tx, user.email);
    const queued = await queueDelivery(services, tx, user, { owner, eventName: DELIVERY_REQUESTED, now });
    await admitFurtherMail(services, tx, now);
    return queued;
  });
}

/** Most of those who press again at once are told so without a lock or a transaction; those who pass are looked at there. */
async function refuseTooSoon(services: Services, userId: string): Promise<void> {
  const now = services.clock();
  const rows = await readOpenClaim(services, userId, now);
  const decision = rows && decideResend(rows, now);
  if (decision && !decision.allowed) throw resendRefused(decision);
}

function resendRefused({ reason, nextAllowedAt }: Extract<ResendDecision, { allowed: false }>): DomainError {
  return new DomainError(reason === "cooldown" ? "resend_cooldown" : "resend_limit", { nextAllowedAt });
}
