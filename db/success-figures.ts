// What became of the mails of a span of time, slot by slot: for operators' charts.
import { and, eq, gte, type SQL, sql } from "drizzle-orm";
import type { Database, Executor } from "./client";
import { deliveries } from "./schema";
import { removedMails } from "./schema-outside";

export type MailCounts = {
  /** All that were queued in it. */
  queued: number;
  /** A provider took them, and they did not come back. */
  arrived: number;
  /** They came back, or a provider or we held them back: nobody has them. */
  bounced: number;
  /** Given up. */
  failed: number;
  /** With one try at least. */
  tried: number;
  /** With more than one. */
  retried: number;
};
export type MailSlot = MailCounts & { slot: number };

/** What the spans of a day and of a week begin with, and that of an hour (domain/success-figures.ts). */
const KEPT_SECONDS = 900;
const KEPT_OF_AN_HOUR_SECONDS = 60;

const tries = sql`${deliveries.attemptCount} - ${deliveries.lostCount} - ${deliveries.pacedCount}`;
const among = (condition: SQL) => sql<number>`(count(*) filter (where ${condition}))::int`;
const OF_ROWS = {
  queued: sql<number>`count(*)::int`,
  arrived: among(sql`${deliveries.status} in ('sent', 'delivered', 'complained')`),
  bounced: among(sql`${deliveries.status} in ('bounced', 'suppressed')`),
  failed: among(sql`${deliveries.status} = 'failed'`),
  tried: among(sql`${tries} >= 1`),
  retried: among(sql`${tries} >= 2`),
};
const total = (column: (typeof removedMails)[keyof MailCounts]) => sql<number>`sum(${column})::int`;
const OF_REMOVED = {
  queued: total(removedMails.queued),
  arrived: total(removedMails.arrived),
  bounced: total(removedMails.bounced),
  failed: total(removedMails.failed),
  tried: total(removedMails.tried),
  retried: total(removedMails.retried),
};

/** Of people's mails, not the canary's. */
const ofPeople = eq(deliveries.isCanary, false);

/**
 * Counts people's deliveries queued at `since` or later, by slot of `slotSeconds` (slot 0 begins at `since`; slots without
 * any are left out, and one may come twice: of rows that are there, and of rows that were removed). Throws Postgres' own
 * error when that takes longer than `timeoutMs`.
 */
export function readMailSlots(
  db: Database,
  { since, slotSeconds, timeoutMs }: { since: Date; slotSeconds: number; timeoutMs: number },
): Promise<MailSlot[]> {
  const slotOf = (at: typeof deliveries.createdAt | typeof removedMails.startsAt) =>
    sql<number>`floor(extract(epoch from ${at} - ${since.toISOString()}::timestamptz) / ${slotSeconds}::int)::int`;
  return db.transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`);
      const there = await tx
        .select({ slot: slotOf(deliveries.createdAt), ...OF_ROWS })
        .from(deliveries)
        .where(and(gte(deliveries.createdAt, since), ofPeople))
        .groupBy(sql`1`);
      const removed = await tx
        .select({ slot: slotOf(removedMails.startsAt), ...OF_REMOVED })
        .from(removedMails)
        .where(gte(removedMails.startsAt, since))
        .groupBy(sql`1`);
      return [...there, ...removed];
    },
    // One look at both: what is removed meanwhile is in exactly one of them.
    { accessMode: "read only", isolationLevel: "repeatable read" },
  );
}

/**
 * Keeps the counts of deliveries that are about to be removed, in the transaction that does it: mostly those that failed
 * are, since nobody confirms by a mail that never came, and a bad week would look better every day. By the minute those
 * that an hour may tell of still, by the quarter of an hour those that are older: most are, and a quarter is one row.
 */
export async function keepCountsOf(executor: Executor, areRemoved: SQL): Promise<void> {
  const width = sql`case when ${deliveries.createdAt} > now() - interval '2 hours'
    then ${KEPT_OF_AN_HOUR_SECONDS}::int else ${KEPT_SECONDS}::int end`;
  const startsAt = sql`date_bin(make_interval(secs => ${width}), ${deliveries.createdAt}, 'epoch')`;
  const { queued, arrived, bounced, failed, tried, retried } = OF_ROWS;
  await executor.execute(sql`
    insert into ${removedMails} (starts_at, queued, arrived, bounced, failed, tried, retried)
    select ${startsAt}, ${queued}, ${arrived}, ${bounced}, ${failed}, ${tried}, ${retried}
    from ${deliveries} where ${areRemoved} and ${ofPeople} group by 1`);
}
