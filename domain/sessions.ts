// The list of places where somebody is signed in, and ending what is in it. Cookie and API tokens of a session are one
// row: ending it ends both at once.
import { inTransaction } from "@/db/client";
import { listLiveSessions, revokeSession, revokeSessionsOf } from "@/db/sessions";
import { holdUser } from "@/db/users";
import { recordAudit } from "./audit-log";
import type { Services } from "./services";
import type { SessionData } from "./session-data";
import type { Identity } from "./tokens";

/** Where `identity`'s user is signed in: the one that asks first, then the one used last. */
export async function listSessions(services: Services, identity: Identity): Promise<SessionData[]> {
  const rows = await listLiveSessions(services.db, identity.userId, services.clock());
  const sessions = rows.map((row) => ({
    id: row.id,
    device: row.device,
    created_at: row.createdAt.toISOString(),
    last_seen_at: row.lastSeenAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    current: row.id === identity.sessionId,
  }));
  return sessions.sort((a, b) => Number(b.current) - Number(a.current));
}

/**
 * Ends one session of `identity`'s user. One that is unknown, over or somebody else's is no error, and nothing happens
 * to it: the caller cannot tell these apart.
 */
export async function endOneSession(
  services: Services,
  identity: Identity,
  sessionId: string,
): Promise<void> {
  const { userId } = identity;
  await inTransaction(services.db, async (tx) => {
    await holdUser(tx, userId);
    if (!(await revokeSession(tx, sessionId, services.clock(), userId))) return;
    await recordAudit(services, tx, {
      type: "session_revoked",
      userId,
      details: { reason: "chosen_from_list", sessions: 1 },
    });
  });
}

/** "Sign out everywhere else." Returns how many sessions that ended. */
export async function endOtherSessions(services: Services, identity: Identity): Promise<number> {
  const { userId, sessionId } = identity;
  return inTransaction(services.db, async (tx) => {
    await holdUser(tx, userId);
    const sessions = await revokeSessionsOf(tx, userId, sessionId, services.clock());
    if (sessions > 0)
      await recordAudit(services, tx, {
        type: "session_revoked",
        userId,
        details: { reason: "everywhere_else", sessions },
      });
    return sessions;
  });
}
