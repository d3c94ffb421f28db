// The owner of an address learns at most once a day that somebody tried to register with it. Further mails of that kind
// are not sent, and must not be told from mails that are: the page of the claim, the time it takes and the trouble a
// provider may be in all look as if they had gone out (promise P6 goes before P8 here; docs/decisions/007).
import { setTimeout as delay } from "node:timers/promises";
import { findDelivery } from "@/db/deliveries";
import { type AttemptEnd, listAttempts, recordAttemptEnd } from "@/db/delivery-attempts";
import { markSent } from "@/db/delivery-leases";
import { markStandInDelivered, markStandsFor, type OwnerNotice } from "@/db/owner-notices";
import type { DeliveryRow } from "@/db/schema";
import { FAILURE_CODES, failure } from "@/emails/failures";
import type { SendResult } from "@/emails/transport";
import { startCodeOf } from "./attempt-record";
import { addSeconds } from "./clock";
import { composeEmail } from "./compose-email";
import type { WaitForInstant } from "./send-pace";
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
export async function handOverNotice(
  services: Services,
  notice: OwnerNotice,
  waitForInstant: WaitForInstant,
): Promise<SendResult> {
  const { delivery, provider } = notice;
  if (delivery.status === "sending") {
    const end = await awaitEnd(services, delivery.id);
    if (end?.sentAt) return ACCEPTED;
    return failureOfLast(await listAttempts(services.db, delivery.id));
  }
  const { clock, settings } = services;
  const isKeyEnding = (delivery.sentAt ?? 0) <= addSeconds(clock(), -KEY_KEPT_SECONDS);
  const transport = [services.transport, services.failover?.transport].find((one) => one?.name === provider);
  if (isKeyEnding || !transport) return ACCEPTED;
  const email = await composeEmail(services, delivery);
  await waitForInstant(async () => true);
  return transport.sendAgain(email, settings.emailTimeoutMs);
}

const ACCEPTED: SendResult = { outcome: "accepted", providerMessageId: null };

/** The delivery once nobody is handing it over any more, or as it is after one conversation's time. */
async function awaitEnd({ db, settings }: Services, id: string): Promise<DeliveryRow | null> {
  const deadlineMs = performance.now() + settings.emailTimeoutMs;
  for (;;) {
    const current = await findDelivery(db, id);
    if (current?.status !== "sending" || performance.now() > deadlineMs) return current;
    await delay(LOOK_AGAIN_MS);
  }
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
  { delivery: notice }: OwnerNotice,
): Promise<void> {
  const now = services.clock();
  const standIn = await services.db.transaction(async (tx) => {
    // The deliveries before the attempt (db/locks.ts).
    const marked = await markStandsFor(tx, delivery.id, notice.id, now);
    // The notice's claim was removed meanwhile.
    if (!marked) await markSent(tx, delivery.id, null, now);
    await recordAttemptEnd(tx, delivery.id, delivery.attemptCount, WITHHELD, now);
    await startCodeOf(tx, delivery, now);
    return marked;
  });
  if (standIn?.deliveredAt)
    announceDelivered(services, delivery.id, standIn.deliveredAt.getTime() - now.getTime());
}

const WITHHELD: AttemptEnd = {
  outcome: "withheld",
  errorClass: null,
  errorCode: null,
  providerCode: null,
  providerText: null,
  providerMessageId: null,
};

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
