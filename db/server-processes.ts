import { asc, eq, gte } from "drizzle-orm";
import type { Executor } from "./client";
import { serverProcesses } from "./schema";

export type ServerProcessRow = typeof serverProcesses.$inferSelect;

/** Writes a process down, or what is new of it. */
export async function saveServerProcess(executor: Executor, row: ServerProcessRow): Promise<void> {
  const { id, startedAt, ...news } = row;
  await executor
    .insert(serverProcesses)
    .values(row)
    .onConflictDoUpdate({ target: serverProcesses.id, set: news });
}

/** The oldest first. */
export async function listServerProcesses(executor: Executor, seenSince: Date): Promise<ServerProcessRow[]> {
  return executor
    .select()
    .from(serverProcesses)
    .where(gte(serverProcesses.seenAt, seenSince))
    .orderBy(asc(serverProcesses.startedAt), asc(serverProcesses.id));
}

export async function deleteServerProcess(executor: Executor, id: string): Promise<void> {
  await executor.delete(serverProcesses).where(eq(serverProcesses.id, id));
}
