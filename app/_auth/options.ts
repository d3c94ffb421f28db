// next-auth: Credentials, a JWT cookie with a session row behind it. Our own forms set the same cookie
// (cookie.ts), so that they work without JavaScript; next-auth's endpoints read and end it.
import "server-only";
import { AsyncLocalStorage } from "node:async_hooks";
import type { NextAuthOptions, User } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { clientOfHeaders } from "@/app/_http/client-network";
import { cookieName, isSecureCookie } from "@/app/_http/cookies";
import { SignInFields } from "@/app/_http/schemas";
import { DomainError } from "@/domain/errors";
import { signIn } from "@/domain/sign-in";
import { authenticateSession, endSession, SESSION_SECONDS } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookieName } from "./cookie";
import { endPresentedSession } from "./replaced-session";

type SessionUser = User & { sid: string };

/** next-auth hands headers over as a plain object. */
function readHeader(headers: Record<string, unknown> | undefined, name: string): string | null {
  const value = headers?.[name];
  return typeof value === "string" ? value : null;
}

/** What went wrong inside of next-auth, which itself knows yes and no: a limit is a no to it, a lost database too. */
const failures = new AsyncLocalStorage<{ error: unknown }>();

/**
 * Answers as next-auth does. Throws what it would have taken for a no: a limit (ASVS 5.0, 6.3.4), or a database that is
 * away, for which nobody's cookie is to be taken from them.
 */
export async function withFailures(answer: () => Promise<Response>): Promise<Response> {
  const seen: { error: unknown } = { error: null };
  const response = await failures.run(seen, answer);
  if (seen.error !== null) throw seen.error;
  return response;
}

function noteFailure(error: unknown): void {
  const seen = failures.getStore();
  if (seen) seen.error = error;
}

/** For `work` that next-auth does: its throw is told to withFailures. */
async function noted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await services().database.within(work);
  } catch (error) {
    noteFailure(error);
    throw error;
  }
}

/** The names that next-auth would give them are not bound to the host (ASVS 5.0, 3.3.1), nor to the port on loopback. */
export const callbackCookieName = () => cookieName("callback-url");
const csrfCookieName = () => cookieName("csrf");

/** Built per process at the first request: a build has no environment. */
export function authOptions(): NextAuthOptions {
  const secure = isSecureCookie();
  return {
    secret: services().keys.sessionCookie,
    // jwt.maxAge does not follow session.maxAge in v4: set both, or the token outlives the session.
    session: { strategy: "jwt", maxAge: SESSION_SECONDS },
    jwt: { maxAge: SESSION_SECONDS },
    pages: { signIn: "/sign-in", signOut: "/account", error: "/sign-in" },
    useSecureCookies: secure,
    cookies: {
      sessionToken: {
        name: sessionCookieName(),
        options: { path: "/", httpOnly: true, sameSite: "lax", secure },
      },
      csrfToken: {
        name: csrfCookieName(),
        options: { path: "/", httpOnly: true, sameSite: "lax", secure },
      },
      callbackUrl: {
        name: callbackCookieName(),
        options: { path: "/", httpOnly: true, sameSite: "lax", secure },
      },
    },
    logger: {
      error(code, metadata) {
        // A cookie that is over, or that somebody made up: they are told, and it is no mistake of ours.
        if (code === "JWT_SESSION_ERROR") return;
        const err = metadata instanceof Error ? metadata : metadata.error;
        services().log.error({ err, about: code }, "next-auth could not do what it was asked");
      },
      warn: (about) => services().log.warn({ about }, "next-auth warns"),
      debug: () => {},
    },
    providers: [
      Credentials({
        name: "password",
        credentials: {
          login: { label: "Username or email", type: "text" },
          password: { label: "Password", type: "password" },
        },
        async authorize(credentials, request): Promise<SessionUser | null> {
          const fields = SignInFields.safeParse(credentials);
          if (!fields.success) return null;
          try {
            const client = clientOfHeaders((name) => readHeader(request.headers, name));
            const { user, session } = await services().database.within(() =>
              signIn(services(), { ...fields.data, ...client }),
            );
            const cookie = readHeader(request.headers, "cookie") ?? "";
            await endPresentedSession({ headers: new Headers({ cookie }) }, user.id);
            return { id: user.id, name: user.username, sid: session.identity.sessionId };
          } catch (error) {
            // A wrong password is the no that next-auth knows.
            if (!(error instanceof DomainError && error.code === "bad_credentials")) noteFailure(error);
            return null;
          }
        },
      }),
    ],
    callbacks: {
      jwt({ token, user }) {
        const sid = (user as SessionUser | undefined)?.sid;
        // Nothing but the row's id: a name or address in a cookie would outlive a change of it.
        return sid ? { sub: user.id, sid } : token;
      },
      async session({ session, token }) {
        const { sid } = token;
        const identity =
          typeof sid === "string" ? await noted(() => authenticateSession(services(), sid)) : null;
        // What it throws here next-auth answers with an empty object, as to nobody, and takes the cookie away.
        if (!identity) throw new Error("The session is over");
        return { expires: session.expires, user: { name: identity.userId }, scope: identity.scope };
      },
    },
    events: {
      async signOut({ token }) {
        const sid = token?.sid;
        if (typeof sid === "string") await noted(() => endSession(services(), sid));
      },
    },
  };
}
