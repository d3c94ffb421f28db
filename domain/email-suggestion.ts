// "Did you mean gmail.com?" Only a question: what the person typed stays what they typed. Loaded by the browser when an
// address was typed, and not before. Pure.
import { POPULAR_DOMAINS, run } from "@zootools/email-spell-checker";
import { withoutBidiMarks } from "./bidi-marks";
import { PUBLIC_MAILBOX_DOMAINS } from "./public-mailboxes";

/** Whole domains people mean. Those among them are right as they are. */
const DOMAINS = [...new Set([...POPULAR_DOMAINS, ...PUBLIC_MAILBOX_DOMAINS])];
/** Ends that are often meant. The library's own list also holds country codes, and guesses badly among them. */
const TOP_LEVELS = ["com", "net", "org"];
/** Ends that no domain has, so that nobody is asked about a right one: ".co" is Colombia's. */
const MISTYPED_ENDS = new Set("con cmo ocm vom xom comm coom cim nte ent ogr rog orgg nett".split(" "));

/** Letters of other scripts are nobody's slip. What is asked about must be an address (email-address.ts). */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/** The address that was probably meant, in lower case behind the @; null when there is nothing to ask. */
export function suggestEmail(typed: string): string | null {
  // As the server reads it: a Japanese keyboard's letters, @ and full stop are those of others.
  const shown = withoutBidiMarks(typed).trim().normalize("NFKC").replaceAll("。", ".");
  const email = pickAddress(shown);
  const at = email.lastIndexOf("@");
  const [local, domain] = [email.slice(0, Math.max(at, 0)), email.slice(at + 1).toLowerCase()];
  // One letter is no slip of a domain: every short one would be as near.
  if (!LOCAL_PART.test(local) || domain.length < 2 || /[^\x21-\x7e]/.test(domain)) return null;
  // The end first, then the whole: "gmial.con" has two slips.
  const mended = suggestDomain(local, domain) ?? domain;
  const meant = suggestDomain(local, mended) ?? mended;
  if (!DOMAIN.test(meant) || (meant === domain && email === shown)) return null;
  return `${local}@${meant}`;
}

/**
 * Without what mail programs and other pages put around an address, and spaces beside its signs; a comma in its end was a
 * full stop. Other spaces may stand between a name and an address: nobody is asked about the two as one.
 */
function pickAddress(typed: string): string {
  const marked = /<([^<>]*@[^<>]*)>/.exec(typed)?.[1] ?? typed;
  return marked
    .replace(/^\s*mailto:/i, "")
    .replace(/\([^()]*\)/g, "")
    .replace(/\s*([@.,])\s*/g, "$1")
    .replace(/^[\s<>[\]"]+|[\s<>[\]".,;]+$/g, "")
    .replace(/@.*/, (end) => end.replaceAll(",", "."));
}

function suggestDomain(local: string, domain: string): string | null {
  if (DOMAINS.includes(domain)) return null;
  const email = `${local}@${domain}`;
  const meant = run({ email, domains: DOMAINS, topLevelDomains: TOP_LEVELS, secondLevelDomains: [] })?.domain;
  if (!meant || meant === domain) return null;
  const isWholeDomain = DOMAINS.includes(meant);
  // Nobody misses the first key, and short names of real providers differ by it: email.com is not gmail.com.
  if (isWholeDomain ? meant[0] !== domain[0] : !MISTYPED_ENDS.has(domain.split(".").at(-1) ?? ""))
    return null;
  return meant;
}
