// Inngest's signatures and keys: calls to the app are signed, calls from the app carry a hashed key.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import canonicalize from "canonicalize";

const PREFIX = /^signkey-\w+-/;

export function isSigningKey(key: string): boolean {
  return /^signkey-\w+-([0-9a-f]{2})+$/i.test(key);
}

function hmac(key: string, body: string, seconds: string): string {
  // The MAC key is the text after the prefix as ASCII, not the bytes the hex stands for.
  return createHmac("sha256", key.replace(PREFIX, "")).update(body).update(seconds).digest("hex");
}

/** JSON as RFC 8785 orders and writes it: what the SDK computes its signature over. */
export function canonicalJson(json: string): string {
  return canonicalize(JSON.parse(json)) ?? json;
}

/** The `x-inngest-signature` of a body; `realNowMs` because the SDK refuses what is 5 minutes off. */
export function signBody(key: string, canonicalBody: string, realNowMs: number): string {
  const seconds = String(Math.floor(realNowMs / 1000));
  return `t=${seconds}&s=${hmac(key, canonicalBody, seconds)}`;
}

/** Whether a response's signature was made over exactly this body with this key. */
export function isSignedBy(key: string, rawBody: string, header: string): boolean {
  const parameters = new URLSearchParams(header);
  const seconds = parameters.get("t") ?? "";
  return isSameSecret(parameters.get("s") ?? "", hmac(key, rawBody, seconds));
}

/** What the SDK sends as bearer token: the prefix, and the SHA-256 of the decoded key. */
export function hashSigningKey(key: string): string {
  const prefix = PREFIX.exec(key)?.[0] ?? "";
  const decoded = Buffer.from(key.slice(prefix.length), "hex");
  return prefix + createHash("sha256").update(decoded).digest("hex");
}

/** Compares two secrets in a time that depends neither on their content nor on their length. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
