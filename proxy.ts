// Before every page and every call (Next calls this file a proxy): the headers that keep a browser on our side, and a
// plain page when the database is away. Rules of the product are not here.
import { type NextRequest, NextResponse } from "next/server";
import { createNonce, FORM_POLICY, pagePolicy, securityHeaders } from "./app/_http/security-headers";
import { unavailablePage } from "./app/_http/unavailable-page";
import { env } from "./env";
import { services } from "./services";

/** Pages that can be shown without asking the database, unless a session comes along. */
const READS_NOTHING = new Set(["/", "/register", "/sign-in"]);
const DATABASE_TIMEOUT_MS = 2_000;

export async function proxy(request: NextRequest): Promise<Response> {
  const { pathname } = request.nextUrl;
  const isSecure = env().APP_URL.startsWith("https:");
  if (pathname.startsWith("/api/")) {
    const isForm = request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded");
    return withHeaders(NextResponse.next(), securityHeaders(isForm ? FORM_POLICY : null, isSecure));
  }

  const nonce = createNonce();
  const policy = pagePolicy({ nonce, isSecure, isDevelopment: env().NODE_ENV === "development" });
  const headers = securityHeaders(policy, isSecure);
  const asks = !READS_NOTHING.has(pathname) || request.cookies.size > 0;
  if (request.method === "GET" && asks && !(await isDatabaseThere()))
    return withHeaders(unavailablePage(), headers);

  // Next reads the nonce out of this header and puts it on its own scripts.
  const forPage = new Headers(request.headers);
  forPage.set("content-security-policy", policy);
  return withHeaders(NextResponse.next({ request: { headers: forPage } }), headers);
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

async function isDatabaseThere(): Promise<boolean> {
  return services()
    .database.probe(DATABASE_TIMEOUT_MS)
    .then(
      () => true,
      () => false,
    );
}

export const config = {
  // Files of the build carry no person's state and are the same for everybody.
  matcher: "/((?!_next/static|_next/image|icon.svg).*)",
};
