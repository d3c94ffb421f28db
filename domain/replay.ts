// What operators do to a mail: send it anew, or call it off. A mail is never sent a second time itself (promise P3):
// a new one, with a new code, goes out in its place, as when its person asks for another one; but past the limits on
// resends, which are there for strangers.
import { lockClaim, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import { cancelOpenDeliveries, findDelivery } from "@/db/deliveries";
import { cancelDeliveryOf, findNewestOfPurpose, lockDelivery } from "@/db/delivery-facts";
import { isNoticeKind } from "@/db/delivery-kinds";
import { listFailedToReplay, type PageKey } from "@/db/delivery-list";
import { isSuppressed } from "@/db/provider-events";
import type { DeliveryRow, UserRow } from "@/db/schema";
import { findConfirmedUserByEmail } from "@/db/users";
import { operatorTexts } from "@/messages/operators";
import { recordAudit } from "./audit-log";
import { isOpen } from "./delivery-status";
import { DELIVERY_REQUESTED } from "./events";
import { type QueuedDelivery, queueDelivery, queueNotice } from "./registration";
import type { Services } from "./services";

/** Why an act was refused; each has a sentence in messages/en/ops.json. */
export const REFUSALS = [
  "unknown_delivery",
  "still_open",
  "already_sent",
  "already_confirmed",
  "registration_over",
  "account_gone",
  "superseded",
  "address_suppressed",
  "being_sent",
  "already_settled",
  "unknown_person",
] as const;
export type Refusal = (typeof REFUSALS)[number];
type Refused = { outcome: "refused"; code: Refusal };

export type Replay = { outcome: "replayed"; queued: QueuedDelivery } | Refused;
export type Cancellation = { outcome: "cancelled" } | Refused;

export const refusalSentence = (code: Refusal): string => operatorTexts().t(`refusal.${code}`);

const refuse = (code: Refusal): Refused => ({ outcome: "refused", code });

/** States after which nobody gets the mail unless another one is sent. */
const ENDED_WITHOUT_MAIL: readonly DeliveryRow["status"][] = ["failed", "bounced", "cancelled"];

/**
 * Queues another mail in the place of one that failed, bounced or was called off. Refused while that one is under way,
 * when the provider has it, when another one has taken its place, when nobody waits for it any more (confirmed, or the
 * registration is over), and when its address must not be mailed. Pressed twice, the second press is refused.
 */
export async function replayDelivery(services: Services, deliveryId: string): Promise<Replay> {
  const known = await findDelivery(services.db, deliveryId);
  if (!known) return refuse("unknown_delivery");
  const replay = await onClaims(services, async (tx): Promise<Replay> => {
    const user = await lockClaim(tx, known.userId);
    const delivery = user && (await lockDelivery(tx, deliveryId));
    if (!delivery) return refuse("unknown_delivery");
    const now = services.clock();
    const refusal = await judgeReplay(tx, { delivery, user, now });
    if (refusal) return refuse(refusal);
    // Newer than the one it stands for, whatever the clocks say: the newest is what the person sees, and what a second
    // press of the button is judged by.
    const queuedAt = new Date(Math.max(now.getTime(), delivery.createdAt.getTime() + 1));
    const queued = await queueInPlaceOf(services, tx, { delivery, user, queuedAt });
    await recordAudit(services, tx, {
      type: "delivery_replayed",
      actor: "operator",
      userId: user.id,
      details: { deliveryId, newDeliveryId: queued.deliveryId },
    });
    return { outcome: "replayed", queued };
  });
  if (replay.outcome === "replayed")
    services.log.info(
      { deliveryId, newDeliveryId: replay.queued.deliveryId, userId: known.userId },
      `An operator sent a mail to user ${known.userId} anew`,
    );
  return replay;
}

/** Why a delivery cannot be sent anew; null when it can. Under the locks of its user and of itself. */
async function judgeReplay(
  tx: Executor,
  { delivery, user, now }: { delivery: DeliveryRow; user: UserRow; now: Date },
): Promise<Refusal | null> {
  if (isNoticeKind(delivery.kind)) {
    if (!user.emailConfirmedAt) return "account_gone";
  } else {
    if (user.emailConfirmedAt) return "already_confirmed";
    if (user.claimExpiresAt <= now) return "registration_over";
  }
  const newest = await findNewestOfPurpose(tx, delivery);
  if (newest?.id !== delivery.id) return "superseded";
  if (isOpen(delivery.status)) return "still_open";
  if (delivery.status === "sent" || delivery.status === "delivered") return "already_sent";
  if (!ENDED_WITHOUT_MAIL.includes(delivery.status)) return "address_suppressed";
  return (await isSuppressed(tx, user.email)) ? "address_suppressed" : null;
}

async function queueInPlaceOf(
  services: Services,
  tx: Executor,
  { delivery, user, queuedAt }: { delivery: DeliveryRow; user: UserRow; queuedAt: Date },
): Promise<QueuedDelivery> {
  if (isNoticeKind(delivery.kind))
    return queueNotice(services, tx, user, { kind: delivery.kind, now: queuedAt });
  await cancelOpenDeliveries(tx, [user.id], "superseded", queuedAt);
  const owner = await findConfirmedUserByEmail(tx, user.email);
  const kind = delivery.kind === "address_changed" ? delivery.kind : "confirmation";
  return queueDelivery(services, tx, user, { owner, eventName: DELIVERY_REQUESTED, now: queuedAt, kind });
}

export type ReplayOfFailed = {
  replayed: QueuedDelivery[];
  /** Refused after all, because something happened meanwhile. */
  refused: number;
  /** There are more than `limit`: do it again. */
  isMore: boolean;
};

/** What was given up at `since` or later and is still waited for, oldest first, asked for in batches. */
async function* eachFailed(services: Services, since: Date, batch: number): AsyncGenerator<PageKey> {
  let after: PageKey | null = null;
  do {
    const now = services.clock();
    const found: PageKey[] = await listFailedToReplay(services.db, { since, now, after, limit: batch });
    yield* found;
    after = found.length === batch ? (found.at(-1) ?? null) : null;
  } while (after);
}

/** How many `replayFailed` would send anew now, counted up to its limit. */
export async function countFailedToReplay(
  services: Services,
  { since, limit }: { since: Date; limit: number },
): Promise<{ count: number; isMore: boolean }> {
  let count = 0;
  for await (const _ of eachFailed(services, since, Math.min(limit + 1, COUNT_BATCH))) {
    if (count === limit) return { count, isMore: true };
    count++;
  }
  return { count, isMore: false };
}

const BATCH = 100;
const COUNT_BATCH = 1_000;

/**
 * Sends anew whatever was given up at `since` or later and is still waited for, oldest first, at most `limit`. Each is
 * a transaction of its own: what was done stays done when the process dies.
 */
export async function replayFailed(
  services: Services,
  { since, limit }: { since: Date; limit: number },
): Promise<ReplayOfFailed> {
  const result: ReplayOfFailed = { replayed: [], refused: 0, isMore: false };
  for await (const { id } of eachFailed(services, since, BATCH)) {
    if (result.replayed.length >= limit) return { ...result, isMore: true };
    const replay = await replayDelivery(services, id);
    if (replay.outcome === "replayed") result.replayed.push(replay.queued);
    else result.refused++;
  }
  return result;
}

/**
 * Calls off a mail that is still waiting. Refused for one that a worker is handing over at this moment, which may be
 * out already, and for one that is settled.
 */
export async function cancelDelivery(services: Services, deliveryId: string): Promise<Cancellation> {
  const known = await findDelivery(services.db, deliveryId);
  if (!known) return refuse("unknown_delivery");
  const cancellation = await onClaims(services, async (tx): Promise<Cancellation> => {
    const user = await lockClaim(tx, known.userId);
    const delivery = user && (await lockDelivery(tx, deliveryId));
    if (!delivery) return refuse("unknown_delivery");
    if (!isOpen(delivery.status)) return refuse("already_settled");
    const isCancelled = await cancelDeliveryOf(tx, deliveryId, "called_off", services.clock());
    if (!isCancelled) return refuse("being_sent");
    await recordAudit(services, tx, {
      type: "delivery_cancelled",
      actor: "operator",
      userId: user.id,
      details: { deliveryId },
    });
    return { outcome: "cancelled" };
  });
  if (cancellation.outcome === "cancelled")
    services.log.info(
      { deliveryId, userId: known.userId },
      `An operator called off a mail to user ${known.userId}`,
    );
  return cancellation;
}

/** What may be done with a delivery now, as the acts would judge it: null where it may, else why not. */
export async function judgeActs(
  services: Services,
  delivery: DeliveryRow,
  user: UserRow,
): Promise<{ replay: Refusal | null; cancel: Refusal | null }> {
  const now = services.clock();
  const isHeld = delivery.status === "sending" && delivery.leaseUntil !== null && delivery.leaseUntil > now;
  return {
    replay: await judgeReplay(services.db, { delivery, user, now }),
    cancel: !isOpen(delivery.status) ? "already_settled" : isHeld ? "being_sent" : null,
  };
}
