import { and, desc, eq, getTableColumns, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import type { Given } from "./prepared";
import { type ConfirmationCodeRow, confirmationCodes, deliveries, deliveryAttempts, users } from "./schema";

export async function insertCode(
  executor: Executor,
  row: { id: string; userId: string; codeHash: string; linkHash: string; createdAt: Date },
): Promise<void> {
  await executor.insert(confirmationCodes).values(row);
}

export type ClaimCodeRow = ConfirmationCodeRow & {
  /** The provider has its mail, or may have it: taken, a reply or a worker lost, or under way at this moment. */
  hasLeft: boolean;
};

/** All codes of a claim, newest first, used and expired ones included. */
export async function listCodes(executor: Executor, userId: string): Promise<ClaimCodeRow[]> {
  return selectCodes(executor, userId);
}

export function selectCodes(executor: Executor, userId: Given<string>) {
  // A lifetime begins with the provider's yes. What else may have got through is in the ledger. Named by hand: Drizzle
  // leaves out the table's name where it selects from one table only.
  const hasLeft = sql<boolean>`(confirmation_codes.expires_at is not null or exists (
    select 1 from ${deliveries} d join ${deliveryAttempts} a on a.delivery_id = d.id
    where d.user_id = confirmation_codes.user_id and d.code_id = confirmation_codes.id
      and (a.outcome is null or a.outcome = 'lost' or a.error_class = 'ambiguous')))`.as("has_left");
  return (
    executor
      .select({ ...getTableColumns(confirmationCodes), hasLeft })
      .from(confirmationCodes)
      .where(eq(confirmationCodes.userId, userId))
      // Of two at one instant, the one whose time has not begun.
      .orderBy(desc(confirmationCodes.createdAt), sql`${confirmationCodes.expiresAt} desc nulls first`)
  );
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
