// Runs of the canary (domain/canary.ts), and what of their claims is still there.
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { deliveries, deliveryAttempts } from "./schema";
import { type CanaryRunRow, canaryRuns } from "./schema-outside";

export async function insertCanaryRun(
  executor: Executor,
  row: Pick<CanaryRunRow, "id" | "startedAt">,
): Promise<void> {
  await executor.insert(canaryRuns).values(row);
}

export async function updateCanaryRun(
  executor: Executor,
  id: string,
  change: Partial<Omit<CanaryRunRow, "id" | "startedAt">>,
): Promise<void> {
  await executor.update(canaryRuns).set(change).where(eq(canaryRuns.id, id));
}

/** Holds a run that has not ended until the transaction ends; null for any other. */
export async function lockOpenCanaryRun(executor: Executor, id: string): Promise<CanaryRunRow | null> {
  const [row] = await executor
    .select()
    .from(canaryRuns)
    .where(and(eq(canaryRuns.id, id), isNull(canaryRuns.endedAt)))
    .for("update");
  return row ?? null;
}

export async function listOpenCanaryRuns(executor: Executor): Promise<CanaryRunRow[]> {
  return executor.select().from(canaryRuns).where(isNull(canaryRuns.endedAt)).orderBy(canaryRuns.startedAt);
}

export type CanaryMail = {
  status: string;
  sentAt: Date | null;
  reasonCode: string | null;
  /** Of the newest attempt; null before the first. */
  errorCode: string | null;
};

/** How far its mail has come; null when it is gone. */
export async function findCanaryMail(executor: Executor, deliveryId: string): Promise<CanaryMail | null> {
  const [row] = await executor
    .select({
      status: deliveries.status,
      sentAt: deliveries.sentAt,
      reasonCode: deliveries.reasonCode,
      errorCode: sql<string | null>`(select a.error_code from ${deliveryAttempts} a
        where a.delivery_id = ${deliveries.id} order by a.number desc limit 1)`,
    })
    .from(deliveries)
    .where(eq(deliveries.id, deliveryId));
  return row ?? null;
}

/** The newest runs that have ended since then, newest first. */
export async function listEndedCanaryRuns(
  executor: Executor,
  since: Date,
  limit: number,
): Promise<CanaryRunRow[]> {
  return executor
    .select()
    .from(canaryRuns)
    .where(sql`${canaryRuns.startedAt} >= ${since.toISOString()} and ${canaryRuns.endedAt} is not null`)
    .orderBy(desc(canaryRuns.startedAt))
    .limit(limit);
}
