// Sending somebody another code because an operator wants it, as the queue of the system before this one let them. Past
// the limits on resends, which are there for strangers; what is sent counts for the person's next one.
import { lockClaim, onClaims } from "@/db/claim-transactions";
import { cancelOpenDeliveries } from "@/db/deliveries";
import { findNewestOfPurpose } from "@/db/delivery-facts";
import { isSuppressed } from "@/db/provider-events";
import { findConfirmedUserByEmail, findNewestUserByEmail, findUser, findUserByUsername } from "@/db/users";
import { recordAudit } from "./audit-log";
import { readId } from "./delivery-facts";
import { isOpen } from "./delivery-status";
import { normalizeEmail } from "./email-address";
import { DELIVERY_REQUESTED } from "./events";
import { type QueuedDelivery, queueDelivery } from "./registration";
import type { Refusal } from "./replay";
import type { Services } from "./services";

export type SendToPerson =
  | { outcome: "queued"; queued: QueuedDelivery }
  | { outcome: "refused"; code: Refusal };

/**
 * Queues a mail with a new code for a person (by id, username or address; of several claims on one address the newest).
 * Refused when nobody is found, when the address is confirmed or the registration over, while a mail is under way, and
 * when the address must not be mailed.
 */
export async function sendToPerson(services: Services, given: string): Promise<SendToPerson> {
  const refuse = (code: Refusal) => ({ outcome: "refused", code }) as const;
  const userId = await findPersonId(services, given);
  if (!userId) return refuse("unknown_person");
  const result = await onClaims(services, async (tx): Promise<SendToPerson> => {
    const user = await lockClaim(tx, userId);
    if (!user) return refuse("unknown_person");
    const now = services.clock();
    if (user.emailConfirmedAt) return refuse("already_confirmed");
    if (user.claimExpiresAt <= now) return refuse("registration_over");
    const newest = await findNewestOfPurpose(tx, { userId, kind: "confirmation" });
    if (newest && isOpen(newest.status)) return refuse("still_open");
    if (await isSuppressed(tx, user.email)) return refuse("address_suppressed");
    // As where a mail is sent anew: the newest whatever the clocks say (docs/decisions/021).
    const queuedAt = new Date(Math.max(now.getTime(), (newest?.createdAt.getTime() ?? 0) + 1));
    await cancelOpenDeliveries(tx, [userId], "superseded", queuedAt);
    const owner = await findConfirmedUserByEmail(tx, user.email);
    const queued = await queueDelivery(services, tx, user, {
      owner,
      eventName: DELIVERY_REQUESTED,
      now: queuedAt,
    });
    await recordAudit(services, tx, {
      type: "mail_requested",
      actor: "operator",
      userId,
      details: { deliveryId: queued.deliveryId },
    });
    return { outcome: "queued", queued };
  });
  if (result.outcome === "queued")
    services.log.info(
      { userId, deliveryId: result.queued.deliveryId },
      `An operator sent user ${userId} another code`,
    );
  return result;
}

async function findPersonId({ db }: Services, given: string): Promise<string | null> {
  const id = readId(given);
  if (id) return (await findUser(db, id))?.id ?? null;
  const email = normalizeEmail(given);
  const user = email ? await findNewestUserByEmail(db, email) : await findUserByUsername(db, given.trim());
  return user?.id ?? null;
}
