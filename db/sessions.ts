import { and, eq, gt, inArray, isNull, ne } from "drizzle-orm";
import type { Executor } from "./client";
import { refreshTokens, type SessionRow, sessions } from "./schema";

export async function insertSession(
  executor: Executor,
  row: Pick<SessionRow, "id" | "userId" | "scope" | "createdAt" | "expiresAt">,
): Promise<void> {
  await executor.insert(sessions).values(row);
}

/** The session if it is neither revoked nor over. */
export async function findLiveSession(executor: Executor, id: string, now: Date): Promise<SessionRow | null> {
  const [row] = await executor
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)));
  return row ?? null;
}

export async function revokeSession(executor: Executor, id: string, now: Date): Promise<void> {
  await executor
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt)));
}

export async function revokeSessionsOf(
  executor: Executor,
  userId: string,
  exceptId: string,
  now: Date,
): Promise<void> {
  await executor
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, userId), ne(sessions.id, exceptId), isNull(sessions.revokedAt)));
}

/** Ends every session of these users. */
export async function revokeAllSessions(
  executor: Executor,
  userIds: readonly string[],
  now: Date,
): Promise<void> {
  if (userIds.length === 0) return;
  await executor
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(inArray(sessions.userId, [...userIds]), isNull(sessions.revokedAt)));
}

export async function insertRefreshToken(
  executor: Executor,
  row: { tokenHash: string; sessionId: string; createdAt: Date },
): Promise<void> {
  await executor.insert(refreshTokens).values(row);
}

/** Uses a refresh token up, atomically: only one caller gets the session's id, later ones null. */
export async function useRefreshToken(
  executor: Executor,
  tokenHash: string,
  now: Date,
): Promise<string | null> {
  const [row] = await executor
    .update(refreshTokens)
    .set({ usedAt: now })
    .where(and(eq(refreshTokens.tokenHash, tokenHash), isNull(refreshTokens.usedAt)))
    .returning({ sessionId: refreshTokens.sessionId });
  return row?.sessionId ?? null;
}

/** The session a refresh token belongs to, used or not; null for an unknown token. */
export async function findSessionOfRefreshToken(
  executor: Executor,
  tokenHash: string,
): Promise<string | null> {
  const [row] = await executor
    .select({ sessionId: refreshTokens.sessionId })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, tokenHash));
  return row?.sessionId ?? null;
}
