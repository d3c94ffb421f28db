// "You already have an account": which mail has told an owner lately, and the deliveries that stand for it.
import { and, desc, eq, gt, inArray, isNull, ne, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryRow, deliveries } from "./schema";

/** Keeps these locks apart from others on the same text. */
const NOTICE_LOCKS = 4_712;

/**
 * The mail that has told the owner of this delivery's address since `since`, or is telling them right now; null when
 * there is none. Deliveries to one address ask one by one until the transaction ends, so that of two that begin at
 * once the second sees the first.
 */
export async function findOwnerNotice(
  executor: Executor,
  delivery: Pick<DeliveryRow, "id" | "recipient">,
  since: Date,
): Promise<DeliveryRow | null> {
  const { id, recipient } = delivery;
  await executor.execute(sql`select pg_advisory_xact_lock(hashtextextended(${recipient}, ${NOTICE_LOCKS}))`);
  const [row] = await executor
    .select()
    .from(deliveries)
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

/** The row, held until the transaction ends, so that what a provider tells of it comes before or after. */
export async function lockDelivery(executor: Executor, id: string): Promise<DeliveryRow | null> {
  const [row] = await executor.select().from(deliveries).where(eq(deliveries.id, id)).for("update");
  return row ?? null;
}

/**
 * A delivery shows from now on what becomes of `notice`. `deliveredAt` may lie ahead: then it shows as delivered from
 * that instant on.
 */
export async function markStandsFor(
  executor: Executor,
  id: string,
  standsFor: { noticeId: string; deliveredAt: Date | null },
): Promise<void> {
  await executor
    .update(deliveries)
    .set({ standsForId: standsFor.noticeId, deliveredAt: standsFor.deliveredAt })
    .where(eq(deliveries.id, id));
}

/** Its instant has come. */
export async function markStandInDelivered(executor: Executor, id: string): Promise<void> {
  await executor
    .update(deliveries)
    .set({ status: "delivered" })
    .where(and(eq(deliveries.id, id), inArray(deliveries.status, ["sent"])));
}
