// What `npm run bench` reads of a product that it has started for itself.
import { count, gte, sql } from "drizzle-orm";
import postgres from "postgres";
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

/** A new, empty database on the same server. Returns its address. */
export async function createDatabaseBeside(url: string, name: string): Promise<string> {
  const connection = postgres(url, { max: 1 });
  try {
    await connection`create database ${connection(name)}`;
  } finally {
    await connection.end();
  }
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
