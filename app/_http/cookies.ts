// What all our cookies have in common: where they are valid, and how that is held.
import "server-only";
import { env } from "@/env";
import { isLoopback } from "@/env-rules";

/** `__Host-` binds a cookie to this very host over TLS (RFC 6265bis); on loopback the port tells two clones apart. */
export function cookieName(name: string): string {
  prefix ??= findPrefix(env().APP_URL);
  return `${prefix}.${name}`;
}

/** Asked for by every call. */
let prefix: string | undefined;

function findPrefix(appUrl: string): string {
  const url = new URL(appUrl);
  if (url.protocol === "https:") return "__Host-latchkey";
  return isLoopback(appUrl) ? `latchkey-${url.port || "80"}` : "latchkey";
}

/** Cookies go over TLS only, where there is TLS. */
export function isSecureCookie(): boolean {
  return env().APP_URL.startsWith("https:");
}

/** What stands behind every value of ours (ASVS 5.0, 3.3.1 to 3.3.4). */
export const cookieAttributes = () => `Path=/; HttpOnly; SameSite=Lax${isSecureCookie() ? "; Secure" : ""}`;

/** A cookie of the request as it was sent; null when it is not there. */
export function readCookie(request: Pick<Request, "headers">, name: string): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [key, ...value] = part.trim().split("=");
    if (key === name) return value.join("=");
  }
  return null;
}
