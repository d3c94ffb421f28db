// What every answer says to the browser about itself (ASVS 5.0 section 3.4; the policies: W3C CSP Level 3).
import { randomBytes } from "node:crypto";
import { isLoopback } from "@/env-rules";
import { UNAVAILABLE_SCRIPT, UNAVAILABLE_STYLE } from "./unavailable-page";

/** 128 random bits, new for every page (CSP Level 3 section 7.1). */
export function createNonce(): string {
  return randomBytes(16).toString("base64");
}

/**
 * A page's Content-Security-Policy: scripts only with this page's nonce and what those load themselves, and
 * the one of unavailable-page.ts; styles of the
 * build, by what is in them; pictures, forms and connections only to ourselves; no frames in either direction (ASVS
 * 5.0, 3.4.3 and 3.4.6). Without `stylesheets` any style in the page is taken.
 */
export function pagePolicy(page: {
  nonce: string;
  isSecure: boolean;
  isDevelopment: boolean;
  stylesheets: readonly { sha256: string }[] | null;
}): string {
  const { nonce, isSecure, isDevelopment, stylesheets } = page;
  return [
    "default-src 'none'",
    // Reloading while one develops evaluates code and opens a socket.
    `script-src 'nonce-${nonce}' 'strict-dynamic' ${UNAVAILABLE_SCRIPT}${isDevelopment ? " 'unsafe-eval'" : ""}`,
    stylesheets === null
      ? "style-src 'self' 'unsafe-inline'"
      : `style-src 'self' ${[...stylesheets.map(({ sha256 }) => `'sha256-${sha256}'`), UNAVAILABLE_STYLE].join(" ")}`,
    `connect-src 'self'${isDevelopment ? " ws:" : ""}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(isSecure ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}

/** An answer that is no page: whatever a browser takes it for, nothing in it runs or loads. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** What answers a form: a redirect, or the page that says when to come back. */
const FORM_POLICY = `default-src 'none'; script-src ${UNAVAILABLE_SCRIPT}; style-src ${UNAVAILABLE_STYLE}; connect-src 'self'; frame-ancestors 'none'`;
/** Two years, as the preload list asks (hstspreload.org); ASVS 5.0, 3.4.1 asks for one. */
const HSTS = "max-age=63072000; includeSubDomains";

/**
 * Whether browsers are to remember for years that this host is on TLS. On loopback it is every program's of the machine,
 * whatever its port (RFC 6797, 8.3: HSTS knows no ports).
 */
export const hasHsts = (appUrl: string): boolean => appUrl.startsWith("https:") && !isLoopback(appUrl);

/** `policy` null: data, not a page. */
export function securityHeaders(policy: string | null, isHsts: boolean): Record<string, string> {
  return {
    "content-security-policy": policy ?? DATA_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    ...(isHsts ? { "strict-transport-security": HSTS } : {}),
  };
}

const CALL_HEADERS = new Map<string, readonly [string, string][]>();

/** What answers a call of the API says of itself, by the `content-type` of the request. */
export function callHeaders(
  contentType: string | null | undefined,
  isHsts: boolean,
): readonly [string, string][] {
  const isForm = contentType?.startsWith("application/x-www-form-urlencoded") ?? false;
  const key = `${isForm} ${isHsts}`;
  const headers =
    CALL_HEADERS.get(key) ?? Object.entries(securityHeaders(isForm ? FORM_POLICY : null, isHsts));
  CALL_HEADERS.set(key, headers);
  return headers;
}
