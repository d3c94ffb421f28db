// What `npm run bench` reads of a product that it has started for itself.
import { count, gte, sql } from "drizzle-orm";
import type { Database } from "./client";
import { deliveries } from "./schema";

/** Mails queued at `since` or later, and how many of them a provider has accepted. By the index on `created_at`. */
export async function countMails(db: Database, since: Date): Promise<{ queued: number; sent: number }> {
  const [row] = await db
    .select({ queued: count(), sent: count(deliveries.sentAt) })
    .from(deliveries)
    .where(gte(deliveries.createdAt, since));
  return row ?? { queued: 0, sent: 0 };
}

/** Of each of those that was accepted: milliseconds from when it was due (`queueDelaySeconds` after it was queued). */
export async function listLateness(db: Database, since: Date, queueDelaySeconds: number): Promise<number[]> {
  const rows = await db
    .select({
      lateMs: sql<number>`(extract(epoch from ${deliveries.sentAt} - ${deliveries.createdAt}) - ${queueDelaySeconds})::float8 * 1000`,
    })
    .from(deliveries)
    .where(sql`${gte(deliveries.createdAt, since)} and ${deliveries.sentAt} is not null`);
  return rows.map(({ lateMs }) => lateMs);
}

/** Rows that were read of tables of at least `rowsMin` rows without an index, since the server started. */
export async function countScannedRows(db: Database, rowsMin: number): Promise<number> {
  const [row] = await db.execute<{ scanned: number }>(
    sql`select coalesce(sum(seq_tup_read), 0)::float8 as scanned from pg_stat_user_tables where n_live_tup >= ${rowsMin}`,
  );
  return row?.scanned ?? 0;
}
