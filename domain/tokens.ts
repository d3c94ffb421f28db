// Access and refresh tokens. Both, and the browser's cookie, stand for one session row: revoking it ends them all.
import { createHash, randomBytes, randomUUID, webcrypto } from "node:crypto";
import { errors as joseErrors, jwtVerify, SignJWT } from "jose";
import { type Executor, inTransaction } from "@/db/client";
import { inOneRoundTrip } from "@/db/round-trip";
import type { SessionRow } from "@/db/schema";
import {
  findLiveSession,
  findSessionOfRefreshToken,
  insertRefreshToken,
  insertSession,
  revokeSession,
  touchSession,
  useRefreshToken,
} from "@/db/sessions";

import { findUser } from "@/db/users";
import { type AuditDetails, recordAudit } from "./audit-log";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";
import { admitRefresh } from "./rate-limit";
import type { Services } from "./services";
import { describeUser, type UserData } from "./user-data";

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const SESSION_SECONDS = 30 * 24 * 3600;
/** How exactly a session's list knows when it was last used: one write in this time, not one a request. */
export const SEEN_EVERY_SECONDS = 5 * 60;
const AUDIENCE = "latchkey";
const ALGORITHM = "HS256";

/** `claim`: registered, not confirmed; opens only the claim's own calls. `full`: everything. */
export type Scope = "claim" | "full";
export type Identity = { userId: string; sessionId: string; scope: Scope };
export type TokenPair = { access_token: string; refresh_token: string };
export type StartedSession = { identity: Identity; tokens: TokenPair; expiresAt: Date };

const hashToken = (token: string) => createHash("sha256").update(token).digest("base64url");

/**
 * Opens a session and its first pair of tokens. A claim's session ends with the claim (`endsAt`). `replaces`: the session
 * that it takes the place of, whose holder may ask for it again until it is used (claim-sessions.ts).
 */
export async function startSession(
  services: Services,
  executor: Executor,
  user: {
    userId: string;
    scope: Scope;
    endsAt?: Date;
    device?: string | null | undefined;
    replaces?: string;
  },
): Promise<StartedSession> {
  const now = services.clock();
  const identity: Identity = { userId: user.userId, sessionId: randomUUID(), scope: user.scope };
  const expiresAt = user.endsAt ?? addSeconds(now, SESSION_SECONDS);
  const session = {
    id: identity.sessionId,
    userId: user.userId,
    scope: user.scope,
    device: user.device ?? null,
    createdAt: now,
    lastSeenAt: now,
    expiresAt,
    replaces: user.replaces ?? null,
  };
  const [, tokens] = await inOneRoundTrip([
    () => insertSession(executor, session),
    () => issueTokens(services, executor, identity),
  ]);
  return { identity, tokens, expiresAt };
}

/** Another pair of tokens for a session whose first one may have been lost on its way. */
export async function answerAgain(
  services: Services,
  executor: Executor,
  { id: sessionId, userId, scope, expiresAt }: Pick<SessionRow, "id" | "userId" | "scope" | "expiresAt">,
): Promise<StartedSession> {
  const identity: Identity = { userId, sessionId, scope };
  return { identity, tokens: await issueTokens(services, executor, identity), expiresAt };
}

async function issueTokens(services: Services, executor: Executor, identity: Identity): Promise<TokenPair> {
  const now = services.clock();
  const refreshToken = randomBytes(32).toString("base64url");
  await insertRefreshToken(executor, {
    tokenHash: hashToken(refreshToken),
    sessionId: identity.sessionId,
    createdAt: now,
  });
  const issuedAtSeconds = Math.floor(now.getTime() / 1000);
  const accessToken = await new SignJWT({ sid: identity.sessionId, scope: identity.scope })
    .setProtectedHeader({ alg: ALGORITHM, typ: "at+jwt" }) // RFC 9068 2.1
    .setIssuer(services.settings.appUrl)
    .setAudience(AUDIENCE)
    .setSubject(identity.userId)
    .setJti(randomUUID())
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ACCESS_TOKEN_SECONDS)
    .sign(await signingKey(services));
  return { access_token: accessToken, refresh_token: refreshToken };
}

const signingKeys = new WeakMap<Buffer, Promise<CryptoKey>>();

/** Made once: from bytes the library makes one at each call. */
function signingKey({ keys: { accessToken } }: Services): Promise<CryptoKey> {
  let key = signingKeys.get(accessToken);
  if (!key) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    key = webcrypto.subtle.importKey("raw", accessToken, algorithm, false, ["sign", "verify"]);
    signingKeys.set(accessToken, key);
  }
  return key;
}

const invalidToken = () => new DomainError("invalid_token");

/**
 * Who an access token stands for. Throws `invalid_token` for anything but a live session's own token. `find`: whom a
 * session stands for, where more than live ones count.
 */
export async function authenticateAccessToken(
  services: Services,
  token: string,
  find = (sessionId: string): Promise<Identity | null> => authenticateSession(services, sessionId),
): Promise<Identity> {
  const claims = await jwtVerify(token, await signingKey(services), {
    algorithms: [ALGORITHM],
    typ: "at+jwt",
    issuer: services.settings.appUrl,
    audience: AUDIENCE,
    currentDate: services.clock(),
    requiredClaims: ["sub", "sid", "exp"],
  }).catch((error: unknown) => {
    if (error instanceof joseErrors.JOSEError) throw invalidToken();
    throw error;
  });
  const sessionId = claims.payload.sid;
  const identity = typeof sessionId === "string" ? await find(sessionId) : null;
  if (!identity || identity.userId !== claims.payload.sub) throw invalidToken();
  return identity;
}

/** Who a session stands for; null when it was revoked or is over. */
export async function authenticateSession(services: Services, sessionId: string): Promise<Identity | null> {
  const now = services.clock();
  const session = await findLiveSession(services.db, sessionId, now);
  if (session && (session.replaces || session.lastSeenAt <= addSeconds(now, -SEEN_EVERY_SECONDS)))
    await inTransaction(services.db, (tx) => touchSession(tx, sessionId, now));
  return session && { userId: session.userId, sessionId: session.id, scope: session.scope };
}

/**
 * Rotates a refresh token. One that was used before revokes its whole session: somebody has a copy
 * (RFC 9700 section 4.14.2). Throws `invalid_token`, and `refresh_limit`, after which the same token still works.
 *
 * Used tokens are kept as long as their session: whoever copied one may have rotated it many times before its owner comes
 * back with it, weeks later. So what bounds their number is the limit.
 */
export async function refreshSession(
  services: Services,
  refreshToken: string,
  network: string | null = null,
): Promise<TokenPair> {
  const tokenHash = hashToken(refreshToken);
  const now = services.clock();
  const pair = await inTransaction(services.db, async (tx) => {
    const sessionId = await useRefreshToken(tx, tokenHash, now);
    if (!sessionId) return null;
    const session = await findLiveSession(tx, sessionId, now);
    if (!session) return null;
    await admitRefresh(services, tx, sessionId, now);
    if (session.replaces) await touchSession(tx, sessionId, now);
    return issueTokens(services, tx, { userId: session.userId, sessionId, scope: session.scope });
  });
  if (pair) return pair;
  const reused = await findSessionOfRefreshToken(services.db, tokenHash);
  // Where it came from is what there is of whoever copied it, or of whom it was copied from.
  if (reused && (await endSession(services, reused, "token_reused", network)))
    services.log.warn({ sessionId: reused }, "A used refresh token came back; its session is revoked");
  throw invalidToken();
}

/** Ends the session of a refresh token. Unknown tokens are no error (RFC 7009 section 2.2). */
export async function revokeByRefreshToken(services: Services, refreshToken: string): Promise<void> {
  const sessionId = await findSessionOfRefreshToken(services.db, hashToken(refreshToken));
  if (sessionId) await endSession(services, sessionId);
}

/** Ends a session, its cookie and tokens with it. False when it had ended before. */
export async function endSession(
  services: Services,
  sessionId: string,
  reason: AuditDetails["session_revoked"]["reason"] = "signed_out",
  network: string | null = null,
): Promise<boolean> {
  return inTransaction(services.db, async (tx) => {
    const userId = await revokeSession(tx, sessionId, services.clock());
    const details = { reason, sessions: 1 };
    if (userId) await recordAudit(services, tx, { type: "session_revoked", userId, network, details });
    return userId !== null;
  });
}

/** What `GET /me` tells. Throws `invalid_token` when the account is gone. */
export async function getUserData(services: Services, userId: string): Promise<UserData> {
  const user = await findUser(services.db, userId);
  if (!user) throw invalidToken();
  return describeUser(user);
}
