import { and, asc, desc, eq, gt, gte, inArray, isNull, ne } from "drizzle-orm";
import type { Executor } from "./client";
import { keepPrepared, place } from "./prepared";
import { refreshTokens, type SessionRow, sessions } from "./schema";

export async function insertSession(executor: Executor, row: Omit<SessionRow, "revokedAt">): Promise<void> {
  await executor.insert(sessions).values(row);
}

const selectLiveSession = keepPrepared<{ id: string; now: Date }, SessionRow[]>((executor) =>
  executor
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.id, place("id", sessions.id)),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, place("now", sessions.expiresAt)),
      ),
    )
    .prepare("live_session"),
);

/** The session if it is neither revoked nor over. */
export async function findLiveSession(executor: Executor, id: string, now: Date): Promise<SessionRow | null> {
  const [row] = await selectLiveSession(executor, { id, now });
  return row ?? null;
}

/** Somebody uses it: what it took the place of is over for good. */
export async function touchSession(executor: Executor, id: string, now: Date): Promise<void> {
  await executor.update(sessions).set({ lastSeenAt: now, replaces: null }).where(eq(sessions.id, id));
}

/** The session that took the place of this one at `since` or later and that nobody has used; null when there is none. */
export async function findUnusedReplacement(
  executor: Executor,
  replacedId: string,
  { since, now }: { since: Date; now: Date },
): Promise<SessionRow | null> {
  const [row] = await executor
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.replaces, replacedId),
        gte(sessions.createdAt, since),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      ),
    );
  return row ?? null;
}

/** The user's sessions that are neither revoked nor over, the one used last first. */
export async function listLiveSessions(executor: Executor, userId: string, now: Date): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)))
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.createdAt));
}

/** Whose session it was; null when it is unknown, had ended before, or is not `ofUserId`'s. */
export async function revokeSession(
  executor: Executor,
  id: string,
  now: Date,
  ofUserId?: string,
): Promise<string | null> {
  const [row] = await executor
    .update(sessions)
    .set({ revokedAt: now })
    .where(
      and(
        eq(sessions.id, id),
        isNull(sessions.revokedAt),
        ofUserId === undefined ? undefined : eq(sessions.userId, ofUserId),
      ),
    )
    .returning({ userId: sessions.userId });
  return row?.userId ?? null;
}

/** Ends all of a user's sessions but one. Returns how many that were. */
export async function revokeSessionsOf(
  executor: Executor,
  userId: string,
  exceptId: string,
  now: Date,
): Promise<number> {
  const rows = await executor
    .update(sessions)
    .set({ revokedAt: now })
    .where(
      and(
        eq(sessions.userId, userId),
        ne(sessions.id, exceptId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      ),
    )
    .returning({ id: sessions.id });
  return rows.length;
}

/** All of a user's claim sessions end at `at`, or before if they would have. */
export async function shortenClaimSessionsOf(executor: Executor, userId: string, at: Date): Promise<void> {
  await executor
    .update(sessions)
    .set({ expiresAt: at })
    .where(
      and(
        eq(sessions.userId, userId),
        eq(sessions.scope, "claim"),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
      ),
    );
}

/** Where the user registered: the device of their first session, and when; null when that row is gone. */
export async function findFirstSession(
  executor: Executor,
  userId: string,
): Promise<Pick<SessionRow, "device" | "createdAt"> | null> {
  const [row] = await executor
    .select({ device: sessions.device, createdAt: sessions.createdAt })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(asc(sessions.createdAt))
    .limit(1);
  return row ?? null;
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
