// What a new password must not be, beyond its length: one that everybody tries first, one made of words that stand on
// the page, one that was found in a breach. Every refusal says why (NIST SP 800-63B 3.1.1.2). There is no rule of
// which characters must be in it (ASVS 5.0, 6.2.5).
import { invalidField } from "./errors";
import { normalizePassword } from "./password";
import { UNSEEN } from "./password-length";
import type { Services } from "./services";

/** The name of the product, beside that of its address. */
const PRODUCT = "latchkey";
/** Shorter ones stand in many a good password by chance. */
const CONTEXT_WORD_MIN = 3;
/** Letters and digits that must be there beside the words that everybody knows. */
const OWN_PART_MIN = 6;

export type PasswordOwner = { username: string; email: string };
export type PasswordFault = "common_password" | "context_word" | "breached_password";

/**
 * Throws `invalid_input` on `field` for a password that is easy to guess or was found in a breach; the latter only
 * where HIBP is set. `owner` is whose it would be (ASVS 5.0, 6.2.4, 6.2.11, 6.2.12).
 */
export async function judgeNewPassword(
  services: Services,
  password: string,
  owner: PasswordOwner,
  field = "password",
): Promise<void> {
  const fault =
    findPasswordFault(password, listContextWords(services.settings.appUrl, owner), await commonPasswords()) ??
    ((await services.breachedPasswords?.isBreached(password)) ? "breached_password" : null);
  if (fault) throw invalidField({ field, code: fault, text: fault });
}

/** Passwords that everybody tries first, some in lower case alone: ask for both spellings. */
export type KnownPasswords = { has(password: string): boolean };

let common: Promise<KnownPasswords> | undefined;

/**
 * The 49,000 most common passwords by zxcvbn, which leaves out what its other rules find (aaaaaaaa, 987654321), and
 * Firefox Accounts' list, which has those: of the million most common ones the first with eight characters or more.
 * Read when they are first needed.
 */
export function commonPasswords(): Promise<KnownPasswords> {
  common ??= readCommonPasswords();
  return common;
}

async function readCommonPasswords(): Promise<KnownPasswords> {
  const [{ dictionary }, { default: encoded }, { default: encoder }] = await Promise.all([
    import("@zxcvbn-ts/language-common"),
    // The package itself looks through its list from the start each time.
    import("fxa-common-password-list/src/encoded-passwords"),
    import("incremental-encoder"),
  ]);
  // Node and bundlers disagree on what the default of such a CommonJS module is.
  const { Decoder } = "default" in encoder ? encoder.default : encoder;
  const ofFirefoxAccounts = new Decoder().decode(encoded.split("\n"));
  return new Set([...dictionary["passwords-common"], ...ofFirefoxAccounts]);
}

/**
 * The words that a guess begins with: the username, the address's local part and its domain's labels, the product's
 * name and that of its address. Lower case, longest first.
 */
export function listContextWords(appUrl: string, { username, email }: PasswordOwner): string[] {
  const at = email.lastIndexOf("@");
  const local = email.slice(0, at);
  const labels = (host: string) => host.split(".").slice(0, -1);
  const whole = [username, email, local, email.slice(at + 1), new URL(appUrl).hostname, PRODUCT];
  const parts = [...username.split(/[._-]+/), ...local.split(/[._+-]+/), ...labels(email.slice(at + 1))];
  const words = [...whole, ...parts, ...labels(new URL(appUrl).hostname)].map(fold);
  return [...new Set(words)]
    .filter((word) => word.length >= CONTEXT_WORD_MIN)
    .sort((a, b) => b.length - a.length);
}

/** What is seen of a password: what nobody sees hides no word. */
const showPassword = (text: string) => normalizePassword(text).replace(UNSEEN, "");

/** Upper case is no secret. */
const fold = (text: string) => showPassword(text).toLowerCase();

/** Why a password is easy to guess, or null. `words` as listContextWords gives them. Pure. */
export function findPasswordFault(
  password: string,
  words: readonly string[],
  known: KnownPasswords,
): PasswordFault | null {
  const folded = fold(password);
  const isKnown = [folded, showPassword(password)].some((spelling) => known.has(spelling.trim()));
  if (folded.trim() === "" || isKnown) return "common_password";
  const used = words.filter((word) => folded.includes(word));
  if (used.length === 0) return null;
  const own = used.reduce((rest, word) => rest.replaceAll(word, " "), folded).replace(/[^\p{L}\p{N}]+/gu, "");
  if ([...own].length >= OWN_PART_MIN && !known.has(own)) return null;
  return "context_word";
}
