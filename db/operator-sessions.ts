import { and, eq, gt } from "drizzle-orm";
import type { Executor } from "./client";
import { operatorSessions } from "./schema";

export async function insertOperatorSession(
  executor: Executor,
  row: typeof operatorSessions.$inferInsert,
): Promise<void> {
  await executor.insert(operatorSessions).values(row);
}

/** True while there is a session of this hash that is not over. */
export async function isOperatorSessionLive(
  executor: Executor,
  tokenHash: string,
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .select({ tokenHash: operatorSessions.tokenHash })
    .from(operatorSessions)
    .where(and(eq(operatorSessions.tokenHash, tokenHash), gt(operatorSessions.expiresAt, now)));
  return rows.length > 0;
}

/** False when there was none. */
export async function deleteOperatorSession(executor: Executor, tokenHash: string): Promise<boolean> {
  const rows = await executor
    .delete(operatorSessions)
    .where(eq(operatorSessions.tokenHash, tokenHash))
    .returning({ tokenHash: operatorSessions.tokenHash });
  return rows.length > 0;
}
