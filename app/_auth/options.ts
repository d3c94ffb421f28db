// next-auth: Credentials, a JWT cookie with a session row behind it. Our own forms set the same cookie
// (cookie.ts), so that they work without JavaScript; next-auth's endpoints read and end it.
import "server-only";
import type { NextAuthOptions, User } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { clientOfHeaders } from "@/app/_http/client-network";
import { isSecureCookie } from "@/app/_http/cookies";
import { SignInFields } from "@/app/_http/schemas";
import { DomainError } from "@/domain/errors";
import { signIn } from "@/domain/sign-in";
import { authenticateSession, endSession, SESSION_SECONDS } from "@/domain/tokens";
import { services } from "@/services";
import { sessionCookieName } from "./cookie";

type SessionUser = User & { sid: string };

/** next-auth hands headers over as a plain object. */
function readHeader(headers: Record<string, unknown> | undefined, name: string): string | null {
  const value = headers?.[name];
  return typeof value === "string" ? value : null;
}

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
            const { user, session } = await signIn(services(), {
              ...fields.data,
              ...clientOfHeaders((name) => readHeader(request.headers, name)),
            });
            return { id: user.id, name: user.username, sid: session.identity.sessionId };
          } catch (error) {
            if (error instanceof DomainError) return null;
            throw error;
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
        const identity =
          typeof token.sid === "string" ? await authenticateSession(services(), token.sid) : null;
        return {
          expires: session.expires,
          ...(identity ? { user: { name: identity.userId }, scope: identity.scope } : {}),
        };
      },
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sid === "string") await endSession(services(), token.sid);
      },
    },
  };
}
