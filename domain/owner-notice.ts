// The owner of an address learns at most once a day that somebody tried to register with it. Further mails of that kind
// are not sent, and must not be told from mails that are: the page of the claim, the time it takes and the trouble a
// provider may be in all look as if they had gone out (promise P6 goes before P8 here; docs/decisions/007).
import { setTimeout as delay } from "node:timers/promises";
import { findDelivery, listAttempts, markSent, recordAttemptEnd } from "@/db/deliveries";
import { lockDelivery, markStandInDelivered, markStandsFor } from "@/db/owner-notices";
import type { DeliveryRow } from "@/db/schema";
import { FAILURE_CODES, failure } from "@/emails/failures";
import type { SendResult } from "@/emails/transport";
import { startCodeOf } from "./attempt-record";
import { addSeconds } from "./clock";
import { composeEmail } from "./compose-email";
import { waitForSendInstant } from "./send-pace";
import type { Services } from "./services";

export const OWNER_NOTICE_SECONDS = 24 * 3600;
/** Providers keep an idempotency key for 24 h; close to that end it is not relied on. */
const KEY_KEPT_SECONDS = 23 * 3600;
const LOOK_AGAIN_MS = 100;
/** A delivered mail that takes longer shows as delivered when its page is next read. */
const WATCH_DELIVERED_MS = 60_000;

/**
 * Instead of sending: hands the mail that told the owner over once more, under its own key, which a provider answers as
 * it answers any mail, without sending it a second time. A mail that is being handed over at this moment is waited
 * for, and what becomes of it counts.
 */
export async function handOverNotice(services: Services, notice: DeliveryRow): Promise<SendResult> {
  const { db, clock, settings } = services;
  const deadlineMs = performance.now() + settings.emailTimeoutMs;
  let current: DeliveryRow | null = notice;
  for (; current?.status === "sending"; current = await findDelivery(db, notice.id)) {
    if (performance.now() > deadlineMs) return failure("timeout", { text: "no answer in time" });
    await delay(LOOK_AGAIN_MS);
  }
  const attempts = await listAttempts(db, notice.id);
  if (!current?.sentAt) return failureOfLast(attempts);
  const isFresh = notice.status === "sending" || current.sentAt <= addSeconds(clock(), -KEY_KEPT_SECONDS);
  const provider = attempts.findLast((row) => row.outcome === "accepted")?.provider;
  const transport = [services.transport, services.failover?.transport].find((one) => one?.name === provider);
  if (isFresh || !transport) return { outcome: "accepted", providerMessageId: null };
  const email = await composeEmail(services, current);
  await waitForSendInstant(services);
  return transport.sendAgain(email, settings.emailTimeoutMs);
}

function failureOfLast(attempts: Awaited<ReturnType<typeof listAttempts>>): SendResult {
  const last = attempts.findLast((row) => row.outcome === "failed");
  return failure(FAILURE_CODES.find((code) => code === last?.errorCode) ?? "timeout", {
    text: last?.providerText ?? "no answer in time",
    providerCode: last?.providerCode ?? null,
  });
}

/** Writes down that a delivery stands for the notice. From now on both show the same. */
export async function recordWithheld(
  services: Services,
  delivery: DeliveryRow,
  notice: DeliveryRow,
): Promise<void> {
  const { db, clock } = services;
  const now = clock();
  const deliveredAt = await db.transaction(async (tx) => {
    const told = await lockDelivery(tx, notice.id);
    await recordAttemptEnd(
      tx,
      delivery.id,
      delivery.attemptCount,
      {
        outcome: "withheld",
        errorClass: null,
        errorCode: null,
        providerCode: null,
        providerText: null,
        providerMessageId: null,
      },
      now,
    );
    await markSent(tx, delivery.id, null, now);
    await startCodeOf(tx, delivery, now);
    const { sentAt, deliveredAt } = told ?? {};
    const at =
      sentAt && deliveredAt
        ? addSeconds(now, Math.max(0, deliveredAt.getTime() - sentAt.getTime()) / 1000)
        : null;
    await markStandsFor(tx, delivery.id, { noticeId: notice.id, deliveredAt: at });
    return at;
  });
  if (deliveredAt) announceDelivered(services, delivery.id, deliveredAt.getTime() - now.getTime());
}

/** Tells open pages when the instant comes. Lost with the process, and then a page sees it when it reads. */
function announceDelivered(services: Services, id: string, waitMs: number): void {
  if (waitMs > WATCH_DELIVERED_MS) return;
  const timer = setTimeout(() => {
    markStandInDelivered(services.db, id).catch((error: unknown) =>
      services.log.warn({ err: error, deliveryId: id }, "A withheld mail could not be shown as delivered"),
    );
  }, waitMs);
  timer.unref();
}
