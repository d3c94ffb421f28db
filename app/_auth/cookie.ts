// The browser's session cookie: next-auth's encrypted JWT with nothing in it but whose session row it stands for.
import "server-only";
import { decode, encode } from "next-auth/jwt";
import { cookieAttributes, cookieName } from "@/app/_http/cookies";
import type { StartedSession } from "@/domain/tokens";
import { services } from "@/services";

export const sessionCookieName = () => cookieName("session");

/** A `set-cookie` value that signs the browser in until the session ends. */
export async function sessionCookie(session: StartedSession): Promise<string> {
  const maxAgeSeconds = Math.max(
    1,
    Math.floor((session.expiresAt.getTime() - services().clock().getTime()) / 1000),
  );
  const value = await encode({
    token: { sub: session.identity.userId, sid: session.identity.sessionId },
    secret: services().keys.sessionCookie,
    maxAge: maxAgeSeconds,
  });
  return `${sessionCookieName()}=${value}; ${cookieAttributes()}; Max-Age=${maxAgeSeconds}`;
}

export function clearSessionCookie(): string {
  return `${sessionCookieName()}=; ${cookieAttributes()}; Max-Age=0`;
}

/** The session's id inside a cookie value; null when it is not ours or too old. */
export async function sessionIdOf(cookieValue: string): Promise<string | null> {
  const token = await decode({ token: cookieValue, secret: services().keys.sessionCookie }).catch(() => null);
  return typeof token?.sid === "string" ? token.sid : null;
}
