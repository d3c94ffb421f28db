import { and, desc, eq, lt, type SQL } from "drizzle-orm";
import type { Executor } from "./client";
import { type AuditLogRow, type AuditType, auditLog } from "./schema";

export async function insertAuditRow(executor: Executor, row: typeof auditLog.$inferInsert): Promise<void> {
  await executor.insert(auditLog).values(row);
}

/** The newest rows first. `before`: the id of the last row of the page before (pages are by key). */
export async function listAuditRows(
  executor: Executor,
  filter: { userId?: string; type?: AuditType; before?: number; limit: number },
): Promise<AuditLogRow[]> {
  const conditions: SQL[] = [];
  if (filter.userId !== undefined) conditions.push(eq(auditLog.userId, filter.userId));
  if (filter.type !== undefined) conditions.push(eq(auditLog.type, filter.type));
  if (filter.before !== undefined) conditions.push(lt(auditLog.id, filter.before));
  return executor
    .select()
    .from(auditLog)
    .where(and(...conditions))
    .orderBy(desc(auditLog.id))
    .limit(filter.limit);
}
