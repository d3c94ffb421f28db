// How long answers took, by when: counts that all server processes add to.
import { and, eq, gte, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { answerTimes } from "./schema";

export type AnswerCount = typeof answerTimes.$inferInsert;

/** Adds them to what is there. */
export async function addAnswerTimes(executor: Executor, rows: readonly AnswerCount[]): Promise<void> {
  if (rows.length === 0) return;
  // In one order for everybody: two processes that add to the same rows wait for each other, and never in a circle.
  const ordered = rows.toSorted(
    (a, b) => a.seconds - b.seconds || a.startsAt.getTime() - b.startsAt.getTime() || a.bucket - b.bucket,
  );
  await executor
    .insert(answerTimes)
    .values(ordered)
    .onConflictDoUpdate({
      target: [answerTimes.seconds, answerTimes.startsAt, answerTimes.bucket],
      set: { count: sql`${answerTimes.count} + excluded.count` },
    });
}

export type SlotCount = { slot: number; bucket: number; count: number };

/**
 * Counts by slot of `slotSeconds`, from `since` (slot 0) on, of rows that are `widthSeconds` long. `since` and slots are
 * whole numbers of these.
 */
export async function readAnswerTimes(
  executor: Executor,
  { since, slotSeconds, widthSeconds }: { since: Date; slotSeconds: number; widthSeconds: number },
): Promise<SlotCount[]> {
  const slot = sql<number>`floor(extract(epoch from ${answerTimes.startsAt} - ${since.toISOString()}::timestamptz) / ${slotSeconds}::int)::int`;
  return executor
    .select({ slot, bucket: answerTimes.bucket, count: sql<number>`sum(${answerTimes.count})::int` })
    .from(answerTimes)
    .where(and(eq(answerTimes.seconds, widthSeconds), gte(answerTimes.startsAt, since)))
    .groupBy(sql`1`, answerTimes.bucket);
}
