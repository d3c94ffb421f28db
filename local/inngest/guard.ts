// Who may ask. The engine listens on loopback without a login, so the two ways in for other people's web
// pages are closed here: a name that resolves to 127.0.0.1 (DNS rebinding), and requests sent across sites.
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import { hashSigningKey, isSameSecret } from "./signing.ts";

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

export function guard(): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!LOOPBACK.test(host)) {
      return c.json({ status: 403, error: "This engine answers only to loopback names." }, 403);
    }
    const isReading = c.req.method === "GET" || c.req.method === "HEAD";
    if (!isReading && isFromAnotherSite(c, host)) {
      return c.json({ status: 403, error: "Requests from other sites' pages are refused." }, 403);
    }
    return await next();
  };
}

/** Postgres keeps no text with a NUL in it, so nothing has such a name, and nothing can be looked for by it. */
export function refuseNul(): MiddlewareHandler {
  return async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    if (/%00/.test(pathname)) return c.json({ status: 404, error: "Nothing has this name." }, 404);
    if (/%00/.test(search)) return c.json({ status: 400, error: "The query has a NUL in it." }, 400);
    return await next();
  };
}

function isFromAnotherSite(c: HonoContext, host: string): boolean {
  const site = c.req.header("sec-fetch-site");
  // Another port of localhost is the same site to a browser, but not the same origin.
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = c.req.header("origin");
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Asks for `Authorization: Bearer <hashed signing key>` when the engine has a key. */
export function requireKey(signingKey: string | null): MiddlewareHandler {
  const expected = signingKey === null ? null : hashSigningKey(signingKey);
  return async (c, next) => {
    if (expected === null) return await next();
    const given = c.req.header("authorization")?.replace(/^Bearer\s+/i, "") ?? "";
    if (!isSameSecret(given, expected)) return c.json({ status: 401, error: "Unauthorized" }, 401);
    return await next();
  };
}
