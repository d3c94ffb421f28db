// One attempt at one delivery: lease, render, send, record. Everything that ever sends a mail comes through here
// (engine, fallback, watchdog, operators), so a mail cannot go out twice however many of them try (promise P3).
import { randomUUID } from "node:crypto";
import { type Executor, isUniqueViolation } from "@/db/client";
import { startCodeLifetime } from "@/db/codes";
import {
  cancelOpenDeliveries,
  claimDelivery,
  findDelivery,
  listOverdueDeliveries,
  markAttemptFailed,
  markFailed,
  markSent,
  recordAttemptEnd,
} from "@/db/deliveries";
import { insertOutboxRow } from "@/db/outbox";
import { isSuppressed } from "@/db/provider-events";
import type { DeliveryRow } from "@/db/schema";
import { findUser } from "@/db/users";
import type { OutgoingEmail, SendResult } from "@/emails/transport";
import { addSeconds, earlier } from "./clock";
import { composeEmail } from "./compose-email";
import { CODE_LIFETIME_SECONDS } from "./confirmation-code";
import type { DeliveryStatus } from "./confirmation-state";
import { isOpen } from "./delivery-status";
import { maskEmail } from "./email-address";
import { DELIVERY_REQUESTED } from "./events";
import { decideRetry } from "./retry-policy";
import type { Services } from "./services";

/** On top of the conversation's own limit: rendering, and writing down how it ended. */
const LEASE_MARGIN_SECONDS = 15;
/** A delivery whose workers die this often kills them; it is given up and shown, instead of killing more. */
const LOST_ATTEMPTS_MAX = 10;

export type AttemptResult =
  | { outcome: "sent"; attempt: number }
  /** Nothing to do: sent before, cancelled, or no such delivery (`status` null). */
  | { outcome: "settled"; status: DeliveryStatus | null }
  | { outcome: "retry"; attempt: number; at: Date; code: string }
  | { outcome: "failed"; attempt: number; code: string }
  /** Another worker is sending it; its lease ends at `until`. */
  | { outcome: "busy"; until: Date };

/** Makes the next attempt at a delivery. Never throws for what the provider does; throws when the database is away. */
export async function attemptDelivery(services: Services, deliveryId: string): Promise<AttemptResult> {
  const { db, settings, transport, log } = services;
  const leaseToken = randomUUID();
  const leaseSeconds = settings.emailTimeoutMs / 1000 + LEASE_MARGIN_SECONDS;
  const claimed = await db.transaction((tx) =>
    claimDelivery(tx, deliveryId, {
      leaseToken,
      leaseSeconds,
      provider: transport.name,
      now: services.clock(),
    }),
  );
  if (!claimed) return explainRefusedLease(services, deliveryId);

  const { delivery } = claimed;
  const attempt = delivery.attemptCount - delivery.lostCount;
  const whom = `user ${delivery.userId} (${maskEmail(delivery.recipient)})`;
  const facts = {
    userId: delivery.userId,
    deliveryId,
    attempt,
    maxAttempts: delivery.maxAttempts,
    provider: transport.name,
  };
  if (claimed.tookOver)
    log.warn(facts, "The worker of the attempt before was lost; its delivery is taken over");
  log.info(facts, `Attempting to send email confirmation to ${whom}`);

  const result = delivery.lostCount > LOST_ATTEMPTS_MAX ? tooManyLost() : await sendOnce(services, delivery);
  if (result.outcome === "accepted") {
    await recordAcceptance(services, delivery, result);
    log.info({ ...facts, providerMessageId: result.providerMessageId }, `Email successfully sent to ${whom}`);
    return { outcome: "sent", attempt };
  }
  return recordFailure(services, delivery, leaseToken, attempt, result, facts);
}

function tooManyLost(): SendResult {
  const providerText = "The workers that tried to send this mail died";
  return {
    outcome: "failed",
    class: "permanent",
    code: "worker_lost",
    providerCode: null,
    providerText,
    retryAfterSeconds: null,
  };
}

function addressSuppressed(): SendResult {
  const providerText = "Mail to this address bounced or was complained about before";
  return {
    outcome: "failed",
    class: "permanent",
    code: "address_suppressed",
    providerCode: null,
    providerText,
    retryAfterSeconds: null,
  };
}

async function sendOnce(services: Services, delivery: DeliveryRow): Promise<SendResult> {
  const { transport, settings } = services;
  if (await isSuppressed(services.db, delivery.recipient)) return addressSuppressed();
  let email: OutgoingEmail;
  try {
    email = await composeEmail(services, delivery);
  } catch (error) {
    services.log.error({ err: error, deliveryId: delivery.id }, "Email could not be rendered");
    const providerText = error instanceof Error ? error.message : String(error);
    return {
      outcome: "failed",
      class: "ours",
      code: "render_failed",
      providerCode: null,
      providerText,
      retryAfterSeconds: null,
    };
  }
  return transport.send(email, settings.emailTimeoutMs);
}

async function recordAcceptance(
  services: Services,
  delivery: DeliveryRow,
  result: Extract<SendResult, { outcome: "accepted" }>,
): Promise<void> {
  const now = services.clock();
  const write = () =>
    services.db.transaction(async (tx) => {
      await recordAttemptEnd(
        tx,
        delivery.id,
        delivery.attemptCount,
        {
          outcome: "accepted",
          errorClass: null,
          errorCode: null,
          providerCode: null,
          providerText: null,
          providerMessageId: result.providerMessageId,
        },
        now,
      );
      await markSent(tx, delivery.id, result.providerMessageId, now);
      await startCodeOf(tx, delivery, now);
    });
  try {
    await write();
  } catch (error) {
    // Two workers recorded an acceptance of the same mail at the same instant: the second try sees the first one's row.
    if (!isUniqueViolation(error, "delivery_attempts_one_accepted")) throw error;
    await write();
  }
}

/** The code of an accepted mail lives from now for 15 minutes, and never longer than its claim. */
export async function startCodeOf(executor: Executor, delivery: DeliveryRow, now: Date): Promise<void> {
  const user = await findUser(executor, delivery.userId);
  if (!delivery.codeId || !user) return;
  const expiresAt = earlier(addSeconds(now, CODE_LIFETIME_SECONDS), user.claimExpiresAt);
  await startCodeLifetime(executor, delivery.codeId, expiresAt);
}

async function recordFailure(
  services: Services,
  delivery: DeliveryRow,
  leaseToken: string,
  attempt: number,
  failure: Extract<SendResult, { outcome: "failed" }>,
  facts: object,
): Promise<AttemptResult> {
  const { settings, log } = services;
  const now = services.clock();
  const decision = decideRetry({ ...settings.retry, maxAttempts: delivery.maxAttempts }, attempt, failure);
  const at = decision.retry ? addSeconds(now, decision.waitSeconds) : null;
  const held = await services.db.transaction(async (tx) => {
    await recordAttemptEnd(
      tx,
      delivery.id,
      delivery.attemptCount,
      {
        outcome: "failed",
        errorClass: failure.class,
        errorCode: failure.code,
        providerCode: failure.providerCode,
        providerText: failure.providerText.slice(0, 500),
        providerMessageId: null,
      },
      now,
    );
    return markAttemptFailed(
      tx,
      delivery.id,
      leaseToken,
      at ? { status: "retrying", nextAttemptAt: at } : { status: "failed" },
      { code: failure.code, text: failure.providerText.slice(0, 500) },
      now,
    );
  });
  const errorFacts = {
    ...facts,
    errorClass: failure.class,
    errorCode: failure.code,
    providerCode: failure.providerCode,
    nextAttemptAt: at,
  };
  const sentence = `Email send error for user ${delivery.userId} (${maskEmail(delivery.recipient)}): ${failure.code}`;
  if (failure.class === "ours" || !at) log.error(errorFacts, sentence);
  else log.warn(errorFacts, sentence);
  if (!held) return explainRefusedLease(services, delivery.id);
  return at
    ? { outcome: "retry", attempt, at, code: failure.code }
    : { outcome: "failed", attempt, code: failure.code };
}

async function explainRefusedLease(services: Services, deliveryId: string): Promise<AttemptResult> {
  const { db, clock } = services;
  const delivery = await findDelivery(db, deliveryId);
  if (!delivery) return { outcome: "settled", status: null };
  if (!isOpen(delivery.status)) return { outcome: "settled", status: delivery.status };
  const now = clock();
  const user = await findUser(db, delivery.userId);
  if (!user || user.emailConfirmedAt || user.claimExpiresAt <= now) {
    await cancelOpenDeliveries(
      db,
      [delivery.userId],
      user?.emailConfirmedAt ? "confirmed" : "claim_expired",
      now,
    );
    return { outcome: "settled", status: "cancelled" };
  }
  return { outcome: "busy", until: delivery.leaseUntil ?? delivery.nextAttemptAt ?? addSeconds(now, 1) };
}

export type AfterRun = "settled" | "failed" | "continued";

/**
 * What becomes of a delivery whose run the engine has given up. The engine also counts what never reached us (the app
 * was down) as tries; while the ledger still has attempts left, a new run carries on, and only then is it `failed`.
 */
export async function settleAfterRun(services: Services, deliveryId: string): Promise<AfterRun> {
  const { db, clock, log } = services;
  return db.transaction(async (tx) => {
    const delivery = await findDelivery(tx, deliveryId);
    if (!delivery || !isOpen(delivery.status)) return "settled";
    const facts = { deliveryId, userId: delivery.userId, attempts: delivery.attemptCount };
    if (delivery.attemptCount - delivery.lostCount < delivery.maxAttempts) {
      const data = { userId: delivery.userId, deliveryId };
      await insertOutboxRow(tx, { id: randomUUID(), name: DELIVERY_REQUESTED, data, createdAt: clock() }, 0);
      log.warn(
        facts,
        `The engine gave up on a delivery to user ${delivery.userId} that has attempts left; a new run carries on`,
      );
      return "continued";
    }
    const reason = { code: "worker_lost", text: "The last attempt did not come back" };
    if (!(await markFailed(tx, deliveryId, reason, clock()))) return "settled";
    log.error(facts, `Email to user ${delivery.userId} failed for good`);
    return "failed";
  });
}

const OVERDUE_AT_ONCE = 4;
const OVERDUE_BATCH = 100;

/**
 * Sends what was due more than `afterSeconds` ago and was not begun: the engine accepted an event and never ran it
 * (an app that is not registered, an engine that lost its state), or every worker died. Through the same lease as
 * everybody, so an engine that starts late finds it done. Returns how many deliveries were attempted.
 */
export async function deliverOverdue(services: Services, afterSeconds: number): Promise<number> {
  const dueBefore = addSeconds(services.clock(), -afterSeconds);
  const ids = await listOverdueDeliveries(services.db, dueBefore, OVERDUE_BATCH);
  if (ids.length > 0)
    services.log.warn({ deliveries: ids.length }, "Deliveries are overdue; this process sends them itself");
  const waiting = [...ids];
  const work = async () => {
    for (let id = waiting.shift(); id; id = waiting.shift()) await attemptDelivery(services, id);
  };
  await Promise.all(Array.from({ length: OVERDUE_AT_ONCE }, work));
  return ids.length;
}
