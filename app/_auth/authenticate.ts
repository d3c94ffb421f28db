// Who sends an API request: a bearer token, or the browser's cookie.
import "server-only";
import { readCookie } from "@/app/_http/cookies";
import { HttpError } from "@/app/_http/http-error";
import { type Fields, parseFields, refuseForeignPage } from "@/app/_http/request";
import { AboutAccountFields } from "@/app/_http/schemas";
import { authenticateReplaced } from "@/domain/claim-sessions";
import { DomainError } from "@/domain/errors";
import { demandSameAccount } from "@/domain/same-account";
import { authenticateAccessToken, authenticateSession, type Identity } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookieName, sessionIdOf } from "./cookie";

/**
 * The identity behind a request. With a cookie, a request that changes something must come from a page of ours.
 * `orReplaced`: a claim's session counts that an account's has taken the place of, until that one is used, for calls
 * that tell so or want the code again (domain/claim-sessions.ts). Throws 401 `not_signed_in` or `invalid_token`, 403
 * `foreign_origin`.
 */
export async function authenticate(request: Request, { orReplaced = false } = {}): Promise<Identity> {
  const find = async (sessionId: string) =>
    (await authenticateSession(services(), sessionId)) ??
    (orReplaced ? await authenticateReplaced(services(), sessionId) : null);
  const authorization = request.headers.get("authorization");
  if (authorization) {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    if (!token) throw new HttpError(401, "invalid_token", "bearer_expected");
    return services().database.within(() => authenticateAccessToken(services(), token, find));
  }
  if (request.method !== "GET" && request.method !== "HEAD") refuseForeignPage(request);
  const cookie = readCookie(request, sessionCookieName());
  const sessionId = cookie ? await sessionIdOf(cookie) : null;
  const identity = sessionId ? await services().database.within(() => find(sessionId)) : null;
  if (!identity) throw new DomainError("not_signed_in");
  return identity;
}

/**
 * Who asks, for calls that work without anybody being signed in; null also when the session is over. Throws 403
 * `foreign_origin` for what another website makes a browser send, signed in or not.
 */
export async function authenticateIfSignedIn(request: Request): Promise<Identity | null> {
  refuseForeignPage(request);
  return authenticate(request).catch((error: unknown) => {
    const isNobody =
      (error instanceof DomainError || error instanceof HttpError) &&
      (error.code === "not_signed_in" || error.code === "invalid_token");
    if (isNobody) return null;
    throw error;
  });
}

/** Like authenticate, and the address must be confirmed: for everything beyond the claim's own calls. */
export async function authenticateFull(request: Request): Promise<Identity> {
  return demandFull(await authenticate(request));
}

function demandFull(identity: Identity): Identity {
  if (identity.scope !== "full") throw new DomainError("not_confirmed");
  return identity;
}

/**
 * Like authenticateFull, for what a page of an account sends: the account that the fields name must be who asks, else
 * 409 `other_account`, or `other_registration`. Before the other fields are judged: what is wrong with them would be
 * told beside the form of an account that they were not meant for, and mended there.
 */
export async function authenticateFor(request: Request, fields: Fields): Promise<Identity> {
  const identity = await authenticate(request);
  demandSameAccount(identity, parseFields(AboutAccountFields, fields).user_id);
  return demandFull(identity);
}
