import { and, desc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type ConfirmationCodeRow, confirmationCodes, users } from "./schema";

export async function insertCode(
  executor: Executor,
  row: { id: string; userId: string; codeHash: string; linkHash: string; createdAt: Date },
): Promise<void> {
  await executor.insert(confirmationCodes).values(row);
}

/** The newest `limit` codes of a claim, newest first, used and expired ones included. */
export async function listNewestCodes(
  executor: Executor,
  userId: string,
  limit: number,
): Promise<ConfirmationCodeRow[]> {
  return executor
    .select()
    .from(confirmationCodes)
    .where(eq(confirmationCodes.userId, userId))
    .orderBy(desc(confirmationCodes.createdAt))
    .limit(limit);
}

/** The code whose mail carried a link, used and expired ones included; null when there is none. */
export async function findCodeByLink(
  executor: Executor,
  linkHash: string,
): Promise<ConfirmationCodeRow | null> {
  const [row] = await executor
    .select()
    .from(confirmationCodes)
    .where(eq(confirmationCodes.linkHash, linkHash));
  return row ?? null;
}

export async function countTry(executor: Executor, codeIds: string[]): Promise<void> {
  if (codeIds.length === 0) return;
  await executor
    .update(confirmationCodes)
    .set({ tries: sql`${confirmationCodes.tries} + 1` })
    .where(inArray(confirmationCodes.id, codeIds));
}

export async function markCodeUsed(executor: Executor, id: string, now: Date): Promise<void> {
  await executor.update(confirmationCodes).set({ usedAt: now }).where(eq(confirmationCodes.id, id));
}

/**
 * Starts a code's lifetime, which ends at `expiresAt`, or with its claim; only once, so that a second acceptance of the
 * same mail cannot prolong it.
 */
export async function startCodeLifetime(executor: Executor, id: string, expiresAt: Date): Promise<void> {
  const claimEnd = sql`(select ${users.claimExpiresAt} from ${users} where ${users.id} = ${confirmationCodes.userId})`;
  await executor
    .update(confirmationCodes)
    .set({ expiresAt: sql`least(${expiresAt.toISOString()}::timestamptz, ${claimEnd})` })
    .where(and(eq(confirmationCodes.id, id), sql`${confirmationCodes.expiresAt} is null`));
}

/** No code of this claim so far works any more, also one whose mail is still on its way. */
export async function endCodes(executor: Executor, userId: string, now: Date): Promise<void> {
  await executor
    .update(confirmationCodes)
    .set({ expiresAt: now })
    .where(
      and(
        eq(confirmationCodes.userId, userId),
        or(isNull(confirmationCodes.expiresAt), gt(confirmationCodes.expiresAt, now)),
      ),
    );
}
