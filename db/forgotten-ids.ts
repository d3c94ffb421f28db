// Ids of people who are gone here, which the engine may hold still. In the transaction that removes them, so that an engine
// that is away is told later.
import { asc, inArray } from "drizzle-orm";
import type { Executor } from "./client";
import { forgottenIds } from "./schema-outside";

export async function keepForgottenIds(executor: Executor, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await executor
    .insert(forgottenIds)
    .values(ids.map((id) => ({ id, createdAt: now })))
    .onConflictDoNothing();
}

/** Oldest first. */
export async function listForgottenIds(executor: Executor, limit: number): Promise<string[]> {
  const rows = await executor
    .select({ id: forgottenIds.id })
    .from(forgottenIds)
    .orderBy(asc(forgottenIds.createdAt))
    .limit(limit);
  return rows.map(({ id }) => id);
}

export async function removeForgottenIds(executor: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await executor.delete(forgottenIds).where(inArray(forgottenIds.id, [...ids]));
}
