// Who may see the operators' pages: whoever knows the operator's password. An operator is no user; there is one
// password, and sign-ins that end by themselves, when they are ended, and when the password is another one.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { deleteOperatorSession, insertOperatorSession, isOperatorSessionLive } from "@/db/operator-sessions";
import { recordAudit } from "./audit-log";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";
import { admitSignIn, forgetSignIns } from "./rate-limit";
import type { Services } from "./services";

/** An hour's work; ASVS 5.0, 7.3.2 asks for an end that does not depend on use. */
export const OPERATOR_SESSION_SECONDS = 3600;

/** A login that nobody can type: logins are trimmed. Its limits are its own; a network's counts all sign-ins from there. */
const OPERATOR_LOGIN = " operator";

/** 256 random bits, base64url. */
const TOKEN_BYTES = 32;

/** Keyed by the password too: with another one, no session of before is known any more. */
function hashToken(services: Services, password: string, token: string): string {
  return createHmac("sha256", services.keys.operatorSession)
    .update(`${password}\0${token}`)
    .digest("base64url");
}

/** In a time that says nothing about where they differ, nor how long they are. */
function isSame(services: Services, given: string, expected: string): boolean {
  const digest = (text: string) => createHmac("sha256", services.keys.operatorSession).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * Opens an operator's session; the token is for the cookie and is stored as a keyed hash only. Throws
 * `bad_credentials`, and `sign_in_limit` after as many tries as a person has. Both ways it is written down.
 */
export async function signInOperator(
  services: Services,
  {
    password,
    expected,
    network = null,
  }: { password: string; expected: string | null; network?: string | null | undefined },
): Promise<{ token: string; maxAgeSeconds: number }> {
  await admitSignIn(services, OPERATOR_LOGIN, network);
  const isRight = isSame(services, password, expected ?? "");
  if (!expected || !isRight) {
    await recordAudit(services, services.db, {
      type: "operator_sign_in_refused",
      actor: "operator",
      userId: null,
      network,
      details: {},
    });
    services.log.warn({}, "A sign-in as operator was refused");
    throw new DomainError("bad_credentials");
  }
  await forgetSignIns(services, OPERATOR_LOGIN, network);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const now = services.clock();
  await services.db.transaction(async (tx) => {
    await insertOperatorSession(tx, {
      tokenHash: hashToken(services, expected, token),
      createdAt: now,
      expiresAt: addSeconds(now, OPERATOR_SESSION_SECONDS),
    });
    await recordAudit(services, tx, {
      type: "operator_signed_in",
      actor: "operator",
      userId: null,
      network,
      details: {},
    });
  });
  return { token, maxAgeSeconds: OPERATOR_SESSION_SECONDS };
}

/** True for a token of a session that is not over and was opened with the present password. */
export async function isOperator(
  services: Services,
  { token, expected }: { token: string | null; expected: string | null },
): Promise<boolean> {
  if (!token || !expected) return false;
  return isOperatorSessionLive(services.db, hashToken(services, expected, token), services.clock());
}

/** Ends the session of this token, on the server too. Nothing when it was over. */
export async function signOutOperator(
  services: Services,
  {
    token,
    expected,
    network = null,
  }: { token: string; expected: string; network?: string | null | undefined },
): Promise<void> {
  await services.db.transaction(async (tx) => {
    if (!(await deleteOperatorSession(tx, hashToken(services, expected, token)))) return;
    await recordAudit(services, tx, {
      type: "operator_signed_out",
      actor: "operator",
      userId: null,
      network,
      details: {},
    });
  });
}
