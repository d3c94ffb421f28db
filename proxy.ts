// Before every page and every call (Next calls this file a proxy): the headers that keep a browser on our side, and a
// plain page when the database is away. Rules of the product are not here.
import { type NextRequest, NextResponse } from "next/server";
import { isDatabaseThere } from "./app/_http/database-there";
import { bringsToldOnce, clearFlashCookie, keptFlashCookie } from "./app/_http/flash";
import { ADDRESS_HEADER } from "./app/_http/headers";
import { languageOf } from "./app/_http/language";
import { pageAddress } from "./app/_http/own-address";
import type { Problem } from "./app/_http/problem";
import { HANDLERS } from "./app/_http/routes";
import { callHeaders, createNonce, hasHsts, pagePolicy, securityHeaders } from "./app/_http/security-headers";
import { readStylesheets } from "./app/_http/stylesheets";
import { unavailablePage } from "./app/_http/unavailable-page";
import { env } from "./env";
import { services } from "./services";

const STYLESHEETS = readStylesheets(process.cwd());
const PAGE_METHODS = "GET, HEAD, OPTIONS";
/** The same for everybody, like files of the build. */
const ICON = "/icon.svg";

/** Pages that can be shown without asking the database, unless a session comes along. */
const READS_NOTHING = new Set(["/", "/register", "/sign-in", "/docs/api"]);

export async function proxy(request: NextRequest): Promise<Response> {
  const { pathname } = request.nextUrl;
  const isHsts = hasHsts(env().APP_URL);
  const target = new URL(request.url);
  if (/.\/$/.test(target.pathname))
    return withHeaders(withoutLastSlash(target), securityHeaders(null, isHsts));
  if (pathname.startsWith("/api/")) {
    const headers = callHeaders(request.headers.get("content-type"), isHsts);
    return withHeaders(NextResponse.next(), Object.fromEntries(headers));
  }

  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead && !HANDLERS.has(pathname))
    return withHeaders(refuseMethod(request.method), securityHeaders(null, isHsts));

  if (pathname === ICON) return NextResponse.next();

  const nonce = createNonce();
  const isDevelopment = env().NODE_ENV === "development";
  const policy = pagePolicy({
    nonce,
    isSecure: env().APP_URL.startsWith("https:"),
    isDevelopment,
    stylesheets: isDevelopment ? null : STYLESHEETS,
  });
  const headers = securityHeaders(policy, isHsts);
  const asks = !READS_NOTHING.has(pathname) || request.cookies.size > 0;
  if (isRead && asks && !(await isDatabaseThere(services().database)))
    return withHeaders(awayPage(request, target), headers);

  // Next reads the nonce out of this header and puts it on its own scripts.
  const forPage = new Headers(request.headers);
  forPage.set("content-security-policy", policy);
  forPage.set(ADDRESS_HEADER, pageAddress(request.nextUrl));
  const given = { request: { headers: forPage } };
  // Next has a page of errors under an address of its own, that says 500 and may be kept for a year.
  const answer =
    pathname === "/_global-error"
      ? NextResponse.rewrite(new URL("/_not-found", request.url), given)
      : NextResponse.next(given);
  const page = withHeaders(answer, headers);
  // Told by the page that goes out now, and by no reload of it.
  if (request.method === "GET" && bringsToldOnce(request, pathname))
    page.headers.append("set-cookie", clearFlashCookie());
  return page;
}

/** In the place of the page that was asked for, and for as long as that one is away what it is to tell is kept. */
function awayPage(request: NextRequest, target: URL): Response {
  const kept = keptFlashCookie(request);
  return unavailablePage({
    language: languageOf(request),
    backTo: `${ownPathOf(target)}${target.search}`,
    isItself: true,
    headers: kept ? { "set-cookie": kept } : {},
  });
}

/** Every page and call has one address. On this host, which Next leaves out of what it sends. */
function withoutLastSlash(target: URL): Response {
  const location = `${target.origin}${ownPathOf(target)}${target.search}`;
  return new Response(null, { status: 308, headers: { location, "cache-control": "no-store" } });
}

/** The path without slashes too many: two at its beginning would name another host. */
const ownPathOf = ({ pathname }: URL) => `/${pathname.replace(/^\/+|\/+$/g, "")}`;

/** Next shows a page whatever the method is. */
function refuseMethod(method: string): Response {
  const headers = { allow: PAGE_METHODS, "cache-control": "no-store" };
  if (method === "OPTIONS") return new Response(null, { status: 204, headers });
  const problem: Problem = {
    type: "about:blank#method_not_allowed",
    title: "Method not allowed",
    status: 405,
    code: "method_not_allowed",
    detail: `This address takes ${PAGE_METHODS} and nothing else.`,
  };
  return Response.json(problem, {
    status: 405,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

export const config = {
  // Files of the build carry no person's state and are the same for everybody.
  matcher: "/((?!_next/static/).*)",
};
