// Who may ask. The server listens on loopback without a login, so the ways in for other people's web pages are
// closed here: a name of theirs that resolves to 127.0.0.1 (DNS rebinding), and requests sent across sites.
import type { Context, MiddlewareHandler } from "hono";

const LOOPBACK = /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export function guard(): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!LOOPBACK.test(host)) return refuse(c, "This mail server answers only to loopback names.");
    const isReading = c.req.method === "GET" || c.req.method === "HEAD";
    if (!isReading && isFromAnotherSite(c, host))
      return refuse(c, "Requests from pages of other sites are refused.");
    return await next();
  };
}

function refuse(c: Context, message: string) {
  return c.json({ statusCode: 403, name: "forbidden", message }, 403);
}

function isFromAnotherSite(c: Context, host: string): boolean {
  const site = c.req.header("sec-fetch-site");
  // Another port of localhost is the same site to a browser, but not the same origin.
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = c.req.header("origin");
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
