// The secret of the link beside the code. Derived like the code, so that every retry of a mail holds the same link, and
// found again by its keyed hash: no row, log or queue holds it (promise P5). It travels in a URL's fragment, which
// browsers send to nobody (RFC 3986 3.5; ASVS 5.0, 14.2.1). Pure.
import { createHmac } from "node:crypto";
import type { Keys } from "./keys";

/** 192 bits; ASVS 5.0, 7.2.3 and NIST SP 800-63B ask for 128 and 64. A multiple of three: base64 without a rest. */
const LINK_BYTES = 24;
const LINK_PATTERN = /^[A-Za-z0-9_-]{32}$/;

/** The link's secret of one code's row, 32 characters that a URL's fragment holds as they are. */
export function deriveLink(keys: Keys, codeId: string): string {
  const mac = createHmac("sha256", keys.linkDerivation).update(codeId).digest();
  return mac.subarray(0, LINK_BYTES).toString("base64url");
}

/** What the database keeps of a link, and finds it by: a secret of 192 bits needs no comparing in constant time. */
export function hashLink(keys: Keys, link: string): string {
  return createHmac("sha256", keys.linkHash).update(link).digest("base64url");
}

/** What was in the fragment; null when it cannot be a link of ours. */
export function cleanLink(given: string): string | null {
  return LINK_PATTERN.test(given) ? given : null;
}

/** Where the link of a mail leads. Everything secret stands behind the "#". */
export function confirmUrl(appUrl: string, link: string): string {
  return `${appUrl}/confirm/link#${link}`;
}
