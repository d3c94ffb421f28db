// Requests that are valid and that Next cannot read: it answers them with a bare 400 or 500. They are read as ones that
// it can, and are then refused, or answered, like any other.
import { subscribe } from "node:diagnostics_channel";
import { type IncomingMessage, METHODS } from "node:http";
import { leaveOutHeaders } from "./raw-headers";
import { isRouterState, ROUTER_HEADERS } from "./router-state";

/** What route handlers can be written for. */
const KNOWN_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const shared = globalThis as typeof globalThis & { latchkeyReadsOdd?: true };

/** Begins to do so in this process. Called once, before the first request. */
export function readOddRequests(): void {
  if (shared.latchkeyReadsOdd) return;
  shared.latchkeyReadsOdd = true;
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    request.method = readMethod(request.method ?? "GET");
    request.url = readTarget(request.url ?? "/", request.method);
    if (FILES.test(request.url)) leaveOutHeaders(request, CONDITIONS);
    const { "next-router-state-tree": state, "next-router-prefetch": prefetch } = request.headers;
    const isOdd = state !== undefined && !isRouterState(String(state));
    // Other kinds than 1 are for pages that are partly made beforehand, which none here is.
    if (isOdd || (prefetch !== undefined && prefetch !== "1")) leaveOutHeaders(request, ROUTER_HEADERS);
  });
}

/** Next answers 500 to a range or condition that does not hold. A server may ignore ranges (RFC 9110, 14.2); these files never change. */
const CONDITIONS: ReadonlySet<string> = new Set(["range", "if-range", "if-match", "if-unmodified-since"]);

/**
 * TRACE, which fetch's own Request refuses (Fetch Standard, forbidden methods) and so must we (ASVS 5.0, 13.4.4), and
 * all that Node reads and route handlers have no name for, such as PROPFIND: as PATCH, which nothing here takes.
 */
export function readMethod(method: string): string {
  return KNOWN_METHODS.has(method) || !METHODS.includes(method) ? method : "PATCH";
}

/** Files of the build, which no code of ours stands before. Next answers 500 to what does not read one. */
const FILES = /^\/_next\/static(?=[/?]|$)/;
/** Nothing here has its pictures made smaller, and what cannot be would stand in the log for everybody who asks. */
const PICTURES = /^\/_next\/image(?=[/?]|$)/;

/** Segments that lead nowhere or up, and what URLs read as a slash: a path must be judged as it is gone (RFC 3986, 5.2.4). */
const DETOURS = /\\|\/(?:\.|%2e){1,2}(?=[/\\]|$)/i;

/**
 * An asterisk asks about the whole server (RFC 9110, 9.3.7) and is no URL: what is asked about every page is answered.
 * In a path whose escapes are not UTF-8, or none at all, each percent sign stands for itself (RFC 3986, 2.4).
 * Detours are taken out of a path before it is judged.
 * What would change a file of the build is asked of an address that has no file: a page, which says what it takes.
 */
export function readTarget(target: string, method: string): string {
  if (target === "*") return "/";
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  if (path.startsWith("/") && DETOURS.test(path))
    return readTarget(new URL(`http://x${path}`).pathname + target.slice(path.length), method);
  if (PICTURES.test(target)) return "/_next";
  if (method !== "GET" && method !== "HEAD" && FILES.test(target)) return "/_next";
  return isDecodable(path) ? target : path.replaceAll("%", "%25") + target.slice(path.length);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
