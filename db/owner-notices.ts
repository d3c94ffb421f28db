// "You already have an account": which mail has told an owner lately, and the deliveries that stand for it.
import { and, desc, eq, gt, inArray, isNull, ne, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryRow, deliveries, deliveryAttempts } from "./schema";

/** Keeps these locks apart from others on the same text. */
const NOTICE_LOCKS = 4_712;

/** `provider`: who accepted it; null while nobody has. */
export type OwnerNotice = { delivery: DeliveryRow; provider: string | null };

/**
 * The mail that has told the owner of this delivery's address since `since`, or is telling them right now; null when
 * there is none. Deliveries to one address ask one by one until the transaction ends, so that of two that begin at
 * once the second sees the first.
 */
export async function findOwnerNotice(
  executor: Executor,
  delivery: Pick<DeliveryRow, "id" | "recipient">,
  since: Date,
): Promise<OwnerNotice | null> {
  const { id, recipient } = delivery;
  await executor.execute(sql`select pg_advisory_xact_lock(hashtextextended(${recipient}, ${NOTICE_LOCKS}))`);
  const [row] = await executor
    .select({ delivery: deliveries, provider: deliveryAttempts.provider })
    .from(deliveries)
    .leftJoin(
      deliveryAttempts,
      and(eq(deliveryAttempts.deliveryId, deliveries.id), eq(deliveryAttempts.outcome, "accepted")),
    )
    .where(
      and(
        eq(deliveries.recipient, recipient),
        eq(deliveries.kind, "existing_account"),
        ne(deliveries.id, id),
        isNull(deliveries.standsForId),
        or(
          gt(deliveries.sentAt, since),
          and(eq(deliveries.status, "sending"), gt(deliveries.leaseUntil, sql`now()`)),
        ),
      ),
    )
    .orderBy(sql`${deliveries.sentAt} desc nulls last`, desc(deliveries.createdAt))
    .limit(1);
  return row ?? null;
}

/**
 * Like markSent, for a delivery that stands for `noticeId` from now on. When that one was delivered before, this one
 * shows as delivered as long after its sending: `deliveredAt` may lie ahead. The notice's row is held, so that what a
 * provider tells of it comes before or after. Null when the notice is gone.
 */
export async function markStandsFor(
  executor: Executor,
  id: string,
  noticeId: string,
  now: Date,
): Promise<{ deliveredAt: Date | null } | null> {
  const told = executor
    .select({ sentAt: deliveries.sentAt, deliveredAt: deliveries.deliveredAt })
    .from(deliveries)
    .where(eq(deliveries.id, noticeId))
    .for("update")
    .as("told");
  const at = sql`${now.toISOString()}::timestamptz`;
  const [row] = await executor
    .update(deliveries)
    .set({
      status: "sent",
      sentAt: now,
      settledAt: now,
      deliveredAt: sql`${at} + greatest(told.delivered_at - told.sent_at, interval '0')
        * (case when told.delivered_at is null then null else 1 end)`,
      standsForId: noticeId,
      nextAttemptAt: null,
      leaseToken: null,
      leaseUntil: null,
      reasonCode: null,
      reasonText: null,
    })
    .from(told)
    .where(and(eq(deliveries.id, id), inArray(deliveries.status, ["queued", "sending", "retrying"])))
    .returning({ deliveredAt: deliveries.deliveredAt });
  return row ?? null;
}

/** Its instant has come. */
export async function markStandInDelivered(executor: Executor, id: string): Promise<void> {
  await executor
    .update(deliveries)
    .set({ status: "delivered" })
    .where(and(eq(deliveries.id, id), inArray(deliveries.status, ["sent"])));
}
