// Events waiting to be published. A row is leased before it is sent on, so that many relays can run at once;
// the engine drops doubles by the row's id.
import { and, asc, desc, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type OutboxRow, outbox } from "./schema";

/** What is published of a row. */
export type OutboxEvent = Pick<OutboxRow, "id" | "name" | "data" | "createdAt">;

/** `leaseSeconds`: how long the relay leaves the row to whoever wrote it. */
export async function insertOutboxRow(
  executor: Executor,
  row: OutboxEvent,
  leaseSeconds: number,
): Promise<void> {
  await executor
    .insert(outbox)
    .values({ ...row, leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})` });
}

/** Once nothing is left to do for its event. */
export async function removeOutboxRow(executor: Executor, id: string): Promise<void> {
  await executor.delete(outbox).where(eq(outbox.id, id));
}

export async function findOutboxRow(executor: Executor, id: string): Promise<OutboxRow | null> {
  const [row] = await executor.select().from(outbox).where(eq(outbox.id, id));
  return row ?? null;
}

/** The trace that led to a mail (domain/tracing.ts); null when there was none, or its events are past their end date. */
export async function findTraceparent(executor: Executor, deliveryId: string): Promise<string | null> {
  const [row] = await executor
    .select({ traceparent: sql<string | null>`${outbox.data} ->> 'traceparent'` })
    .from(outbox)
    .where(eq(sql`(${outbox.data} ->> 'deliveryId')`, deliveryId))
    .orderBy(desc(outbox.createdAt))
    .limit(1);
  return row?.traceparent ?? null;
}

/** Leases up to `limit` waiting rows, oldest first, past those that other relays hold. */
export async function leaseOutboxRows(
  executor: Executor,
  limit: number,
  leaseSeconds: number,
): Promise<OutboxRow[]> {
  const free = executor
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(isNull(outbox.publishedAt), or(isNull(outbox.leaseUntil), lt(outbox.leaseUntil, sql`now()`))))
    .orderBy(asc(outbox.createdAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  const rows = await executor
    .update(outbox)
    .set({ leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`, tries: sql`${outbox.tries} + 1` })
    .where(inArray(outbox.id, free))
    .returning();
  return rows.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

export async function markPublished(executor: Executor, ids: string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await executor.update(outbox).set({ publishedAt: now, leaseUntil: null }).where(inArray(outbox.id, ids));
}

/** Puts rows back that could not be published, for `waitSeconds`. */
export async function releaseOutboxRows(
  executor: Executor,
  ids: string[],
  waitSeconds: number,
): Promise<void> {
  if (ids.length === 0) return;
  await executor
    .update(outbox)
    .set({ leaseUntil: sql`now() + make_interval(secs => ${waitSeconds})` })
    .where(and(inArray(outbox.id, ids), isNull(outbox.publishedAt)));
}
