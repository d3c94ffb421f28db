import { cookies } from "next/headers";
import { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions, callbackCookieName, withFailures } from "@/app/_auth/options";
import { isSecureCookie } from "@/app/_http/cookies";
import { HttpError } from "@/app/_http/http-error";
import { allowOf, everyMethod } from "@/app/_http/methods";
import { readBody, refuseForeignPage } from "@/app/_http/request";
import { NO_STORE, problemResponse } from "@/app/_http/respond";

type Context = { params: Promise<{ nextauth: string[] }> };

/**
 * What next-auth has for signing in by password; it answers other pairs of method and action with a bare 500. A POST to
 * "session" would change what the cookie holds, which here is a session's id and nothing else.
 */
const ACTIONS: Readonly<Record<string, readonly ("GET" | "POST")[]>> = {
  session: ["GET"],
  csrf: ["GET"],
  providers: ["GET"],
  signin: ["GET", "POST"],
  "signin/credentials": ["GET", "POST"],
  "callback/credentials": ["POST"],
  signout: ["GET", "POST"],
  error: ["GET"],
};

async function handler(request: NextRequest, context: Context): Promise<Response> {
  try {
    const allow = checkAction(request.method, (await context.params).nextauth);
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    const checked = await checkBody(request);
    const answer: Response = await withFailures(() => NextAuth(authOptions())(checked, context));
    // Not all of its answers say so, and all are about one person or none.
    for (const [name, value] of Object.entries(NO_STORE)) answer.headers.set(name, value);
    return answer;
  } catch (error) {
    return problemResponse(error, request);
  }
}

/** The header Allow of what is asked for. Throws `not_found` and `method_not_allowed`. */
function checkAction(method: string, path: readonly string[]): string {
  const name = path.join("/");
  const methods = Object.hasOwn(ACTIONS, name) ? (ACTIONS[name] ?? []) : [];
  if (methods.length === 0) throw new HttpError(404, "not_found", "not_found");
  const allow = allowOf(methods);
  if (allow.split(", ").includes(method)) return allow;
  throw new HttpError(405, "method_not_allowed", "method_not_allowed", { allow }, { allow });
}

/**
 * next-auth reads any body to its end, throws at broken JSON and at an address that is none, takes every field for text,
 * and writes parameters into headers. What it could not use counts as not given.
 */
async function checkBody(request: NextRequest): Promise<NextRequest> {
  const url = new URL(request.url);
  for (const [name, value] of [...url.searchParams])
    if (!isUsable(name, value) || !isAscii(name + value)) url.searchParams.delete(name);
  const headers = new Headers(request.headers);
  // Somebody else's doing: it would be an error at every call. next-auth reads cookies here and not in the request.
  const jar = await cookies();
  const back = jar.get(callbackCookieName())?.value;
  if (back !== undefined && !isUsable("callbackUrl", decodeOrEmpty(back)))
    jar.delete({ name: callbackCookieName(), path: "/", secure: isSecureCookie() });
  if (request.method !== "POST") return new NextRequest(url, { headers });
  refuseForeignPage(request);
  if (!request.body) return new NextRequest(url, { method: "POST", headers });
  const { fields } = await readBody(request);
  const texts = Object.entries(fields).filter(
    ([name, value]) => typeof value === "string" && isUsable(name, value),
  );
  headers.set("content-type", "application/json");
  headers.delete("content-length");
  return new NextRequest(url, {
    method: "POST",
    headers,
    body: JSON.stringify(Object.fromEntries(texts)),
  });
}

function isUsable(name: string, value: string): boolean {
  if (/\p{Cc}/u.test(name + value)) return false;
  if (name !== "callbackUrl") return true;
  return /^(\/|https?:\/\/)[\x21-\x7e]*$/.test(value) && URL.canParse(value, "http://localhost");
}

/** Parameters of the address go into headers. */
const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

function decodeOrEmpty(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = everyMethod(handler);
