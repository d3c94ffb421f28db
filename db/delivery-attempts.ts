// The ledger: every attempt at a delivery is a row. Lock a delivery before its attempts (db/locks.ts).
import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryAttemptRow, deliveryAttempts } from "./schema";

/** Writes the row of an attempt that begins now, under the lease just taken. */
export async function beginAttempt(
  executor: Executor,
  row: Pick<DeliveryAttemptRow, "deliveryId" | "number" | "provider" | "startedAt"> & {
    isRehearsal?: boolean;
  },
): Promise<void> {
  await executor.insert(deliveryAttempts).values(row);
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
 * The attempt that nobody has ended yet was accepted: the provider itself says so. Does nothing when there is none. A
 * rehearsal is `withheld` then. A worker that still lives writes its own account over it.
 */
export async function acceptOpenAttempt(
  executor: Executor,
  deliveryId: string,
  providerMessageId: string,
  now: Date,
): Promise<void> {
  await executor
    .update(deliveryAttempts)
    .set({
      outcome: sql`case when ${deliveryAttempts.isRehearsal} then 'withheld' else 'accepted' end::attempt_outcome`,
      endedAt: now,
      providerMessageId,
    })
    .where(and(eq(deliveryAttempts.deliveryId, deliveryId), isNull(deliveryAttempts.outcome)));
}

export async function listAttempts(executor: Executor, deliveryId: string): Promise<DeliveryAttemptRow[]> {
  return executor
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(asc(deliveryAttempts.number));
}
