// What a provider tells after it took a mail: delivered, delayed, bounced. Safe against replays (by event id) and
// against any order of arrival (by the table of allowed moves).

import type { Executor } from "@/db/client";
import { acceptProvenAttempt } from "@/db/delivery-attempts";
import { markSent } from "@/db/delivery-leases";
import {
  insertProviderEvent,
  insertSuppression,
  lockDeliveryOfProvider,
  updateDelivery,
} from "@/db/provider-events";
import type { DeliveryRow } from "@/db/schema";
import { startCodeOf } from "./attempt-record";
import type { BounceReason } from "./bounce-reasons";
import { announceFailure } from "./delivery-failure";
import { canMove, isOpen } from "./delivery-status";
import { normalizeEmail } from "./email-address";
import type { Services } from "./services";
import { passOn, settleWithheld } from "./withheld-mail";

export type ProviderEvent = {
  /** The webhook's own id: unique per event, the same when it is sent again. */
  id: string;
  type: "accepted" | "delivered" | "delayed" | "bounced" | "complained" | "suppressed" | "failed";
  providerMessageId: string;
  /** Our delivery's id when the provider carries it (a tag): then a mail whose reply was lost is found too. */
  deliveryId: string | null;
  /** Whom the mail went to, in the provider's words: asked only where our delivery is gone. */
  recipients?: readonly string[];
  /** A bounce that will not change by itself: the address is not mailed again. */
  isPermanent: boolean;
  /** Why a mail came back that may get there another time; null or left out when nobody knows. */
  bounceReason?: BounceReason | null;
  /** The provider's own words; null when it gave none. */
  text: string | null;
};

/**
 * Applies one event. `repeated` when it was applied before. `ignored` when there is nothing to apply it to, now or later:
 * a delivery is there before its mail is, so one of that id has been removed, and a mail without an id of ours, whose
 * message we do not know, is another program's. An address that must not be mailed again is remembered all the same when
 * the mail was ours.
 */
export async function applyProviderEvent(
  services: Services,
  event: ProviderEvent,
): Promise<"applied" | "repeated" | "ignored"> {
  const now = services.clock();
  return services.db.transaction(async (tx) => {
    const delivery = await lockDeliveryOfProvider(tx, event);
    if (!delivery) return rememberRecipients(services, tx, event);
    const isNew = await insertProviderEvent(tx, {
      id: event.id,
      type: event.type,
      deliveryId: delivery.id,
      receivedAt: now,
    });
    if (!isNew) return "repeated";
    let { status } = delivery;
    // Our worker has not written the acceptance down (its reply was lost, or it died): the event is the proof of it.
    if (event.type !== "failed" && (isOpen(status) || isGivenUp(delivery))) {
      await markSent(tx, delivery.id, event.providerMessageId, now, [status]);
      await acceptProvenAttempt(tx, delivery.id, event.providerMessageId, now);
      await startCodeOf(tx, delivery, now);
      status = "sent";
    }
    const facts = { deliveryId: delivery.id, userId: delivery.userId, event: event.type };
    services.log.info(facts, `Provider says ${event.type} for a mail to user ${delivery.userId}`);
    const reasonCode = (event.type === "bounced" && event.bounceReason) || event.type;
    const reason = { reasonCode, reasonText: event.text?.slice(0, 500) ?? null };
    switch (event.type) {
      case "accepted":
        break;
      case "delayed":
        if (status === "sent") await updateDelivery(tx, delivery.id, reason);
        break;
      case "delivered":
        if (canMove(status, "delivered")) {
          const withheld = await settleWithheld(tx, { ...delivery, sentAt: delivery.sentAt ?? now }, now);
          if (!withheld)
            await updateDelivery(tx, delivery.id, {
              status: "delivered",
              deliveredAt: now,
              reasonCode: null,
              reasonText: null,
            });
        }
        break;
      case "failed":
        if (canMove(status, "failed")) {
          const noLease = { nextAttemptAt: null, leaseToken: null, leaseUntil: null };
          await updateDelivery(tx, delivery.id, { status: "failed", settledAt: now, ...noLease, ...reason });
          await announceFailure(tx, delivery, { status: "failed", reason: event.type, now });
        }
        break;
      case "bounced":
      case "complained":
      case "suppressed":
        if (canMove(status, event.type)) {
          await updateDelivery(tx, delivery.id, { status: event.type, settledAt: now, ...reason });
          // A complaint is none: that mail has arrived.
          if (event.type !== "complained")
            await announceFailure(tx, delivery, { status: event.type, reason: reasonCode, now });
        }
        if (barsAddress(event))
          await insertSuppression(tx, { email: delivery.recipient, reason: event.type, createdAt: now });
    }
    await passOn(tx, delivery, { event: event.type, reasonCode }, now);
    return "applied";
  });
}

/** Of a mail whose claim was removed since: what it says of the address holds. */
async function rememberRecipients(
  services: Services,
  tx: Executor,
  event: ProviderEvent,
): Promise<"applied" | "ignored"> {
  const { type, deliveryId, recipients = [] } = event;
  const emails = recipients.map(normalizeEmail).filter((email) => email !== null);
  if (deliveryId === null || !barsAddress(event) || emails.length === 0) return "ignored";
  for (const email of emails)
    await insertSuppression(tx, { email, reason: type, createdAt: services.clock() });
  services.log.info({ deliveryId, event: type }, `Provider says ${type} for a mail that is gone here`);
  return "applied";
}

/** After it the address is not mailed again. */
function barsAddress({ type, isPermanent }: ProviderEvent): boolean {
  return type === "complained" || type === "suppressed" || (type === "bounced" && isPermanent);
}

/** `failed` because we stopped trying; not because the provider said so, which is its last word. */
function isGivenUp({ status, reasonCode }: DeliveryRow): boolean {
  return status === "failed" && reasonCode !== ("failed" satisfies ProviderEvent["type"]);
}
