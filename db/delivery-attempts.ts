// The ledger: every attempt at a delivery is a row. Lock a delivery before its attempts (db/locks.ts).
import { and, asc, desc, eq, gt, isNull, ne, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryAttemptRow, deliveries, deliveryAttempts } from "./schema";

/** Writes the row of an attempt that begins now, under the lease just taken. */
export async function beginAttempt(
  executor: Executor,
  row: Pick<DeliveryAttemptRow, "deliveryId" | "number" | "provider" | "startedAt"> & {
    isRehearsal?: boolean;
  },
): Promise<void> {
  const queuedAt = sql`(select ${deliveries.createdAt} from ${deliveries} where ${deliveries.id} = ${row.deliveryId})`;
  await executor.insert(deliveryAttempts).values({ ...row, queuedAt });
}

/**
 * Marks the attempt whose worker never came back as `lost`, once its lease was taken over; true when there was one. To be
 * called by whoever has just taken the lease, before beginAttempt.
 */
export async function endLostAttempt(executor: Executor, deliveryId: string, now: Date): Promise<boolean> {
  const lost = await executor
    .update(deliveryAttempts)
    .set({ outcome: "lost", endedAt: now })
    .where(and(eq(deliveryAttempts.deliveryId, deliveryId), isNull(deliveryAttempts.outcome)))
    .returning({ number: deliveryAttempts.number });
  return lost.length > 0;
}

export type AttemptEnd = Pick<
  DeliveryAttemptRow,
  "outcome" | "errorClass" | "errorCode" | "providerCode" | "providerText" | "providerMessageId"
>;

/** Writes how an attempt ended. A second acceptance of one delivery is kept as `deduplicated`. */
export async function recordAttemptEnd(
  executor: Executor,
  deliveryId: string,
  number: number,
  end: AttemptEnd,
  now: Date,
): Promise<void> {
  const outcome =
    end.outcome === "accepted"
      ? sql`case when exists (select 1 from ${deliveryAttempts} a where a.delivery_id = ${deliveryId}
          and a.outcome = 'accepted' and a.number <> ${number}) then 'deduplicated' else 'accepted' end::attempt_outcome`
      : end.outcome;
  await executor
    .update(deliveryAttempts)
    .set({ ...end, outcome, endedAt: now })
    .where(and(eq(deliveryAttempts.deliveryId, deliveryId), eq(deliveryAttempts.number, number)));
}

/**
 * The provider itself says that it took the mail, so one attempt was accepted, whatever our worker heard: the one that
 * nobody has ended yet, else the last one whose reply or worker was lost, else the last one that failed. A rehearsal is
 * `withheld` then. What the worker had heard stays beside it. Does nothing when an attempt ended so already. The delivery
 * must be locked.
 */
export async function acceptProvenAttempt(
  executor: Executor,
  deliveryId: string,
  providerMessageId: string | null,
  now: Date,
): Promise<void> {
  await executor
    .update(deliveryAttempts)
    .set({
      outcome: sql`case when ${deliveryAttempts.isRehearsal} then 'withheld' else 'accepted' end::attempt_outcome`,
      endedAt: sql`coalesce(${deliveryAttempts.endedAt}, ${now.toISOString()}::timestamptz)`,
      providerMessageId,
    })
    .where(
      and(
        eq(deliveryAttempts.deliveryId, deliveryId),
        sql`not exists (select 1 from ${deliveryAttempts} a
          where a.delivery_id = ${deliveryId} and a.outcome in ('accepted', 'withheld'))`,
        sql`${deliveryAttempts.number} = (select a.number from ${deliveryAttempts} a
          where a.delivery_id = ${deliveryId} and (a.outcome is null or a.outcome in ('lost', 'failed'))
          order by a.outcome is null desc, a.outcome = 'lost' or a.error_class = 'ambiguous' desc, a.number desc
          limit 1)`,
      ),
    );
}

export async function listAttempts(executor: Executor, deliveryId: string): Promise<DeliveryAttemptRow[]> {
  return executor
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(asc(deliveryAttempts.number));
}

/** The newest attempt at any other mail to the same person that has ended since `since`; null when there is none. */
export async function findAttemptBefore(
  executor: Executor,
  delivery: { id: string; userId: string },
  since: Date,
): Promise<DeliveryAttemptRow | null> {
  const [row] = await executor
    .select({ attempt: deliveryAttempts })
    .from(deliveryAttempts)
    .innerJoin(deliveries, eq(deliveries.id, deliveryAttempts.deliveryId))
    .where(
      and(
        eq(deliveries.userId, delivery.userId),
        ne(deliveries.id, delivery.id),
        gt(deliveryAttempts.endedAt, since),
      ),
    )
    .orderBy(desc(deliveryAttempts.startedAt))
    .limit(1);
  return row?.attempt ?? null;
}
