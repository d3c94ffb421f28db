// How long answers took, by minute: counts that all server processes add to.
import { gte, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { answerTimes } from "./schema";

export type MinuteCount = typeof answerTimes.$inferInsert;

/** Adds them to what is there. */
export async function addAnswerTimes(executor: Executor, rows: readonly MinuteCount[]): Promise<void> {
  if (rows.length === 0) return;
  // In one order for everybody: two processes that add to the same minute wait for each other, and never in a circle.
  const ordered = rows.toSorted((a, b) => a.minute.getTime() - b.minute.getTime() || a.bucket - b.bucket);
  await executor
    .insert(answerTimes)
    .values(ordered)
    .onConflictDoUpdate({
      target: [answerTimes.minute, answerTimes.bucket],
      set: { count: sql`${answerTimes.count} + excluded.count` },
    });
}

export type SlotCount = { slot: number; bucket: number; count: number };

/** Counts by slot of `slotSeconds`, from `since` (slot 0) on. */
export async function readAnswerTimes(
  executor: Executor,
  since: Date,
  slotSeconds: number,
): Promise<SlotCount[]> {
  const slot = sql<number>`floor(extract(epoch from ${answerTimes.minute} - ${since.toISOString()}::timestamptz) / ${slotSeconds}::int)::int`;
  return executor
    .select({ slot, bucket: answerTimes.bucket, count: sql<number>`sum(${answerTimes.count})::int` })
    .from(answerTimes)
    .where(gte(answerTimes.minute, since))
    .groupBy(sql`1`, answerTimes.bucket);
}
