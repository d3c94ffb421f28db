// What became of the mails of a span of time, slot by slot: for operators' charts.
import { and, eq, gte, sql } from "drizzle-orm";
import type { Database } from "./client";
import { deliveries } from "./schema";

export type MailCounts = {
  /** All that were queued in it. */
  queued: number;
  /** A provider took them, and they did not come back. */
  arrived: number;
  bounced: number;
  /** Given up. */
  failed: number;
  /** With one try at least. */
  tried: number;
  /** With more than one. */
  retried: number;
};
export type MailSlot = MailCounts & { slot: number };

/**
 * Counts people's deliveries (not the canary's) queued at `since` or later, by slot of `slotSeconds` (slot 0 begins at `since`; slots without
 * any are left out). Throws Postgres' own error when that takes longer than `timeoutMs`.
 */
export function readMailSlots(
  db: Database,
  { since, slotSeconds, timeoutMs }: { since: Date; slotSeconds: number; timeoutMs: number },
): Promise<MailSlot[]> {
  const tries = sql`${deliveries.attemptCount} - ${deliveries.lostCount} - ${deliveries.pacedCount}`;
  const count = (condition: ReturnType<typeof sql>) => sql<number>`count(*) filter (where ${condition})::int`;
  return db.transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`);
      return tx
        .select({
          slot: sql<number>`floor(extract(epoch from ${deliveries.createdAt} - ${since.toISOString()}::timestamptz) / ${slotSeconds}::int)::int`,
          queued: sql<number>`count(*)::int`,
          arrived: count(sql`${deliveries.status} in ('sent', 'delivered', 'complained')`),
          bounced: count(sql`${deliveries.status} = 'bounced'`),
          failed: count(sql`${deliveries.status} = 'failed'`),
          tried: count(sql`${tries} >= 1`),
          retried: count(sql`${tries} >= 2`),
        })
        .from(deliveries)
        .where(and(gte(deliveries.createdAt, since), eq(deliveries.isCanary, false)))
        .groupBy(sql`1`);
    },
    { accessMode: "read only" },
  );
}
