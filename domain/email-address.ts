// Addresses: normalised once, at the edge, so that one mailbox is one string everywhere. Pure.
import { domainToASCII } from "node:url";
import { withoutBidiMarks } from "./bidi-marks";

/** RFC 5321 4.5.3.1 and erratum 1690: 64 octets before the @, 254 for the whole. */
const LOCAL_BYTES_MAX = 64;
const ADDRESS_BYTES_MAX = 254;

/** RFC 5322 atext, and letters and digits of every script (RFC 6531). No quoted local parts: nobody registers with one. */
const LOCAL_PART = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u;
/** Letters and marks that nothing shows, such as the Hangul filler and variation selectors: two addresses would look the same. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\u{16fe4}]/u;
/** Also as Chinese and Japanese keyboards have it: NFKC makes an @ of those. */
export const AT_SIGN = /[@＠﹫]/u;
const DOMAIN_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one spelling of an address, or null when it is none: trimmed, without marks of direction, NFKC, lower-cased, the domain in its ASCII
 * form (UTS 46). Dots and +tags are kept: they differ by mailbox at most providers.
 */
export function normalizeEmail(typed: string): string | null {
  const trimmed = withoutBidiMarks(typed).trim();
  // Exactly one, whatever its width: a full-width @ must not become a second one (GHSA-7rqj-j65f-68wh).
  if (trimmed.split(AT_SIGN).length !== 2) return null;
  const [local, domain, ...rest] = fold(trimmed).split("@");
  if (!local || !domain || rest.length > 0) return null;
  if (!LOCAL_PART.test(local) || UNSEEN.test(local) || Buffer.byteLength(local) > LOCAL_BYTES_MAX)
    return null;
  // domainToASCII also accepts what only a URL host may be ("1.2.3.4", "[::1]", "a%2eb"); the label check refuses those.
  if (/[%[\]:/\\?#]/.test(domain)) return null;
  const ascii = domainToASCII(domain);
  const labels = ascii.split(".");
  const topLevel = labels.at(-1) ?? "";
  if (labels.length < 2 || !labels.every((label) => DOMAIN_LABEL.test(label))) return null;
  if (topLevel.length < 2 || /^[0-9]+$/.test(topLevel)) return null;
  const address = `${local}@${ascii}`;
  return Buffer.byteLength(address) <= ADDRESS_BYTES_MAX ? address : null;
}

/**
 * NFKC and lower case, until neither changes anything: "J̌" has no letter of its own, and its lower case "ǰ" has one.
 * Otherwise one mailbox would be two strings, and have two accounts. Twice is enough for all of Unicode today.
 */
function fold(text: string): string {
  const folded = text.normalize("NFKC").replace(/[\p{L}\p{M}]+/gu, lowerWord);
  return folded === text ? text : fold(folded);
}

/** Word by word: for JavaScript a full stop does not end one, so that the capital sigma before it would not be a final one. */
const lowerWord = (word: string) => word.toLowerCase();

/** `a…e@example.com`: enough for an operator to recognise, too little to write to. For logs and lists. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf("@");
  if (at < 1) return "…";
  const local = [...address.slice(0, at)];
  const shown = local.length > 3 ? `${local[0]}…${local.at(-1)}` : `${local[0]}…`;
  return `${shown}${address.slice(at)}`;
}
