import { and, desc, eq, gte, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type AuditLogRow, type AuditType, auditLog } from "./schema";

export async function insertAuditRow(executor: Executor, row: typeof auditLog.$inferInsert): Promise<void> {
  await executor.insert(auditLog).values(row);
}

export type AuditFilter = {
  type?: AuditType;
  actor?: AuditLogRow["actor"];
  /** Whom it is about. */
  userId?: string;
  /** Then or later. */
  since?: Date;
};

/** Where a page ends: the next one begins with what comes after it. */
export type AuditKey = { at: Date; id: number };

/** Up to `limit` rows, newest first, those of one instant by id; every filter has an index (schema.ts). */
export async function listAuditRows(
  executor: Executor,
  filter: AuditFilter,
  { after, limit }: { after?: AuditKey | undefined; limit: number },
): Promise<AuditLogRow[]> {
  const { type, actor, userId, since } = filter;
  return executor
    .select()
    .from(auditLog)
    .where(
      and(
        type && eq(auditLog.type, type),
        actor && isBy(actor),
        userId === undefined ? undefined : eq(auditLog.userId, userId),
        since && gte(auditLog.at, since),
        after &&
          sql`(${auditLog.at}, ${auditLog.id}) < (${after.at.toISOString()}::timestamptz, ${after.id}::bigint)`,
      ),
    )
    .orderBy(desc(auditLog.at), desc(auditLog.id))
    .limit(limit);
}

/** As a word, not as a parameter: so Postgres knows that the index of what operators did holds them. */
const isBy = (actor: AuditLogRow["actor"]): SQL => sql`${auditLog.actor} = ${sql.raw(`'${actor}'`)}`;
