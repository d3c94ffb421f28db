// Writes down how an attempt ended: the ledger's row, the delivery's state, and the log sentence.
import { setTimeout as delay } from "node:timers/promises";
import { type Executor, isUniqueViolation } from "@/db/client";
import { startCodeLifetime } from "@/db/codes";
import { findDelivery, lockDelivery } from "@/db/deliveries";
import { acceptProvenAttempt, recordAttemptEnd } from "@/db/delivery-attempts";
import { markAttemptFailed, markSent } from "@/db/delivery-leases";
import { inOneRoundTrip } from "@/db/round-trip";
import type { DeliveryAttemptRow, DeliveryRow } from "@/db/schema";
import type { SendResult } from "@/emails/transport";
import { addSeconds } from "./clock";
import { CODE_LIFETIME_SECONDS } from "./confirmation-code";
import { announceFailure } from "./delivery-failure";
import { hasBeenTaken, isOpen } from "./delivery-status";
import { maskEmail } from "./email-address";
import { decideRetry } from "./retry-policy";
import type { Services } from "./services";
import { carryTrace } from "./tracing";

/** One attempt that is under way. `attempt` counts from 1, lost ones left out; `facts` go into every log line. */
export type Attempt = { delivery: DeliveryRow; leaseToken: string; attempt: number; facts: object };

/** `at`: when the next attempt is due, null when this one was the last. `held`: this worker still had the lease. */
export type RecordedFailure = { held: boolean; at: Date | null };

/** Seconds between the tries to write down an acceptance; the last one again and again. */
const RECORD_WAITS_SECONDS = [0.1, 0.4, 1];
/** A database that fails over or restarts is back by then. Longer than any lease, see docs/decisions/010. */
export const ACCEPTANCE_PATIENCE_SECONDS = 120;

/** Why a mail was handed to nobody. */
export type Withheld = "owner_told" | "mail_stopped";
/** As operators are told. The first one has a sentence of its own (delivery-story.ts). */
const WITHHELD_CODES = { owner_told: null, mail_stopped: "mail_stopped" } as const satisfies Record<
  Withheld,
  DeliveryAttemptRow["errorCode"]
>;

/**
 * The provider has the mail. A database that is away is waited for, up to ACCEPTANCE_PATIENCE_SECONDS and past the end
 * of the lease: without this row the mail is handed over again, and a provider without idempotency keys would deliver
 * it twice. Another worker that took over meanwhile, and has not handed it over yet, finds it sent. `withheld`: nobody
 * got it, for that reason, and only the ledger says so.
 */
export async function recordAcceptance(
  services: Services,
  delivery: DeliveryRow,
  result: Extract<SendResult, { outcome: "accepted" }>,
  withheld: Withheld | null = null,
): Promise<void> {
  const now = services.clock();
  const dueAt = addSeconds(delivery.createdAt, services.settings.queueDelaySeconds);
  const lateSeconds = Math.max(0, (now.getTime() - dueAt.getTime()) / 1000);
  const write = () =>
    services.db.transaction(async (tx) => {
      // The delivery before its attempts, as everybody locks them: a webhook of this very mail comes at the same time.
      const end = {
        outcome: withheld ? ("withheld" as const) : ("accepted" as const),
        errorClass: null,
        errorCode: withheld && WITHHELD_CODES[withheld],
        providerCode: null,
        providerText: null,
        providerMessageId: result.providerMessageId,
      };
      await inOneRoundTrip([
        () => markSent(tx, delivery.id, result.providerMessageId, now),
        () => recordAttemptEnd(tx, delivery.id, delivery.attemptCount, end, now),
        () => startCodeOf(tx, delivery, now),
      ]);
    });
  const deadlineMs = performance.now() + ACCEPTANCE_PATIENCE_SECONDS * 1000;
  for (let tries = 0; ; tries++) {
    try {
      await write();
      if (!withheld && !delivery.isCanary) services.meter.accepted(lateSeconds);
      return;
    } catch (error) {
      // Two workers recorded an acceptance of the same mail at the same instant: the second try sees the first one's row.
      const isRace = isUniqueViolation(error, "delivery_attempts_one_accepted");
      if (performance.now() > deadlineMs) throw error;
      if (tries === 0 && !isRace)
        services.log.warn(
          { err: error, deliveryId: delivery.id },
          "The provider took a mail, and that cannot be written down yet",
        );
      const waitSeconds = RECORD_WAITS_SECONDS[Math.min(tries, RECORD_WAITS_SECONDS.length - 1)] ?? 1;
      await delay(isRace ? 0 : waitSeconds * 1000);
    }
  }
}

/** Nothing was handed over: the mail was settled, or taken over, between the lease and its instant. */
export async function recordUnwanted(services: Services, delivery: DeliveryRow): Promise<void> {
  const { db, clock } = services;
  const current = await findDelivery(db, delivery.id);
  const why =
    current && isOpen(current.status) ? "taken_over" : (current?.reasonCode ?? current?.status ?? null);
  await recordAttemptEnd(
    db,
    delivery.id,
    delivery.attemptCount,
    {
      outcome: "withheld",
      errorClass: null,
      errorCode: why,
      providerCode: null,
      providerText: null,
      providerMessageId: null,
    },
    clock(),
  );
}

/** The code of an accepted mail lives from now for 15 minutes, and never longer than its claim. */
export async function startCodeOf(executor: Executor, delivery: DeliveryRow, now: Date): Promise<void> {
  if (!delivery.codeId) return;
  await startCodeLifetime(executor, delivery.codeId, addSeconds(now, CODE_LIFETIME_SECONDS));
}

/**
 * A failed attempt: its row, and the retry or the end that follows. `moveOn`: the next provider is tried at once.
 * `pacedWaitSeconds`: it was only too early, and is made again then without a try used up (retry-policy.ts).
 */
export async function recordFailure(
  services: Services,
  { delivery, leaseToken, attempt, facts }: Attempt,
  failure: Extract<SendResult, { outcome: "failed" }>,
  { moveOn, pacedWaitSeconds }: { moveOn: boolean; pacedWaitSeconds: number | null },
): Promise<RecordedFailure> {
  const { settings, log } = services;
  const now = services.clock();
  const policy = { ...settings.retry, maxAttempts: delivery.maxAttempts };
  const decision = decideRetry(policy, attempt, failure);
  const isLast = attempt >= delivery.maxAttempts;
  const paced = pacedWaitSeconds !== null;
  const scheduledAt = moveOn && !isLast ? now : decision.retry ? addSeconds(now, decision.waitSeconds) : null;
  const at = paced ? addSeconds(now, pacedWaitSeconds) : scheduledAt;
  const text = failure.providerText.slice(0, 500);
  const held = await services.db.transaction(async (tx) => {
    const isHeld = await markAttemptFailed(
      tx,
      delivery.id,
      leaseToken,
      at ? { status: "retrying", nextAttemptAt: at, paced } : { status: "failed" },
      { code: failure.code, text },
      now,
    );
    // The delivery before its attempts.
    const current = isHeld ? null : await lockDelivery(tx, delivery.id);
    await recordAttemptEnd(
      tx,
      delivery.id,
      delivery.attemptCount,
      {
        outcome: "failed",
        errorClass: failure.class,
        errorCode: failure.code,
        providerCode: failure.providerCode,
        providerText: text,
        providerMessageId: null,
      },
      now,
    );
    // The provider told of the mail before this reply was missed: the ledger must not lose its acceptance.
    if (current && hasBeenTaken(current.status))
      await acceptProvenAttempt(tx, delivery.id, current.providerMessageId, now);
    if (isHeld && !at)
      await announceFailure(tx, delivery, {
        status: "failed",
        reason: failure.code,
        now,
        ...carryTrace(services.tracing),
      });
    return isHeld;
  });
  const errorFacts = {
    ...facts,
    errorClass: failure.class,
    errorCode: failure.code,
    providerCode: failure.providerCode,
    nextAttemptAt: at,
  };
  const whom = `user ${delivery.userId} (${maskEmail(delivery.recipient)})`;
  if (paced) {
    log.warn(
      errorFacts,
      `Email to ${whom} was too early for the provider's rate; it waits without losing a try`,
    );
    return { held, at };
  }
  const sentence = `Email send error for ${whom}: ${failure.code}`;
  if (failure.class === "ours" || !at) log.error(errorFacts, sentence);
  else log.warn(errorFacts, sentence);
  return { held, at };
}
