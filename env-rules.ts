// What must hold between the variables of an environment, beyond each one's own shape: what is missing, what goes against
// something else, and secrets that could be guessed. Pure; env.ts asks, and says it all in one list.
import type { Env } from "./env";

/** Variables as they were given. */
type Source = Record<string, string | undefined>;

/**
 * Variables that go against each other. `valid` lacks those that are broken by themselves: what depends on one of them
 * is not judged, and is found once it is mended. Never holds a value.
 */
export function listContradictions(valid: Partial<Env>): string[] {
  const { APP_URL, NODE_ENV, RESEND_BASE_URL, INTERCOM_BASE_URL, WEBHOOK_URLS = [], WEBHOOK_SECRET } = valid;
  const isReal = APP_URL !== undefined && !isLoopback(APP_URL);
  const isProduction = NODE_ENV === "production";
  const found: string[] = [];
  if (isReal && valid.RATE_LIMITS === "off")
    found.push("RATE_LIMITS may be off only while APP_URL is on loopback");
  if (isReal && isProduction && valid.INNGEST_DEV)
    found.push("INNGEST_DEV switches signatures off and is refused in production; unset it");
  if (isReal && isProduction && APP_URL.startsWith("http:"))
    found.push("APP_URL must be https outside of loopback: session cookies are sent only over TLS");
  if (APP_URL !== undefined && !ORIGIN.test(APP_URL))
    found.push("APP_URL must end after its host and port: what the mails link to begins with it");
  if (isReal && RESEND_BASE_URL && isLoopback(RESEND_BASE_URL))
    found.push("RESEND_BASE_URL names a stand-in on this machine while APP_URL is real; unset it");
  if (isReal && INTERCOM_BASE_URL && !INTERCOM_BASE_URL.startsWith("https:"))
    found.push("INTERCOM_BASE_URL must be https: the token goes there");
  if (WEBHOOK_URLS.length > 0 && WEBHOOK_SECRET?.length === 0)
    found.push("WEBHOOK_SECRET is missing: it signs what goes to WEBHOOK_URLS");
  for (const url of WEBHOOK_URLS) {
    const fault = findEndpointFault(url, !isReal);
    if (fault) found.push(`WEBHOOK_URLS ${fault}`);
  }
  const hasBothTransports = [valid.RESEND_API_KEY, valid.SMTP_URL].every(Boolean);
  if (valid.EMAIL_FAILOVER && "SMTP_URL" in valid && !hasBothTransports)
    found.push("EMAIL_FAILOVER needs both RESEND_API_KEY and SMTP_URL: one sends, the other steps in");
  const { EMAIL_RETRY_BASE: base = 0, EMAIL_RETRY_MAX: max = base } = valid;
  if (max < base) found.push("EMAIL_RETRY_MAX must not be below EMAIL_RETRY_BASE");
  return found;
}

/** A scheme, a host and perhaps a port. */
const ORIGIN = /^https?:\/\/[^/?#@]+$/;

/** Why an address cannot be an endpoint of ours, or null. Never holds the address. */
function findEndpointFault(given: string, isOnLoopback: boolean): string | null {
  const url = new URL(given);
  if (url.username || url.password || url.hash) return "must hold no name, no password and no #";
  if (isLoopback(given)) return isOnLoopback ? null : "names this machine while APP_URL is real";
  return url.protocol === "https:"
    ? null
    : "must be https outside of loopback: the answer must come from whom we mean";
}

/** Services that one of several variables can name: checked on what was given, so that one list holds everything. */
export function listMissingServices(source: Source): string[] {
  const missing: string[] = [];
  if (!source.RESEND_API_KEY && !source.SMTP_URL)
    missing.push("RESEND_API_KEY is missing (or set SMTP_URL): without one no email can be sent");
  if (!source.INNGEST_DEV && !source.INNGEST_SIGNING_KEY)
    missing.push("INNGEST_SIGNING_KEY is missing: without it anybody could run the functions");
  if (!source.INNGEST_DEV && !source.INNGEST_EVENT_KEY)
    missing.push("INNGEST_EVENT_KEY is missing: without it no event can be published");
  if (source.NODE_ENV !== "production") return missing;
  // Its default is for development: on a server that was put up by hand it would open what is open on loopback.
  if (!source.APP_URL)
    missing.push("APP_URL is missing: where people reach the app, e.g. https://example.com");
  if (!isExposed(source)) return missing;
  // The defaults of these two belong to the stand-ins.
  if (!source.OPS_PASSWORD) missing.push("OPS_PASSWORD is missing: the operator's password");
  if (!source.EMAIL_FROM)
    missing.push('EMAIL_FROM is missing: the sender, e.g. "Example <hello@example.com>"');
  return missing;
}

/** Not known to be on loopback: an address that is broken, or not given, is taken for a real one. */
function isExposed({ APP_URL }: Source): boolean {
  return APP_URL === undefined || !URL.canParse(APP_URL) || !isLoopback(APP_URL);
}

const MAKE_ONE = "make one with: openssl rand -base64 32";
const SIGNING_KEY = "the engine shows the right one, or for your own server: openssl rand -hex 32";
const EVENT_KEY = "the engine shows the right one, or for your own server: openssl rand -hex 16";

/** Each with the fewest characters it may have, and where a better one comes from. */
const SECRETS: readonly { name: string; lengthMin: number; make: string }[] = [
  { name: "APP_SECRET", lengthMin: 32, make: MAKE_ONE },
  { name: "OPS_PASSWORD", lengthMin: 12, make: MAKE_ONE },
  { name: "METRICS_TOKEN", lengthMin: 16, make: MAKE_ONE },
  // An Inngest key is `signkey-<environment>-<hex>`; 32 hexadecimal digits are 128 bits (ASVS 5.0, 11.2.3).
  { name: "INNGEST_SIGNING_KEY", lengthMin: 32, make: SIGNING_KEY },
  { name: "INNGEST_SIGNING_KEY_FALLBACK", lengthMin: 32, make: SIGNING_KEY },
  { name: "INNGEST_EVENT_KEY", lengthMin: 16, make: EVENT_KEY },
  // Resend's are `re_` and 32 characters or so.
  { name: "RESEND_API_KEY", lengthMin: "re_".length + 16, make: "Resend shows it when it is made" },
  {
    name: "RESEND_WEBHOOK_SECRET",
    lengthMin: "whsec_".length + 24,
    make: "Resend shows it beside the webhook",
  },
  {
    name: "WEBHOOK_SECRET",
    lengthMin: "whsec_".length + 24,
    make: 'make one with: echo "whsec_$(openssl rand -base64 32)"',
  },
];

/** The secrets of a variable; of WEBHOOK_SECRET several, while one takes the place of another. */
function secretsIn(source: Source, name: string): string[] {
  const given = source[name] ?? "";
  const secrets = name === "WEBHOOK_SECRET" ? given.split(/[\s,]+/) : [given];
  return secrets.filter((secret) => secret !== "");
}

/** Asked of what was given, as the missing ones are. On loopback only the secret that everything is derived from: the rest guards an open door. */
export function listWeakSecrets(source: Source): string[] {
  if (source.NODE_ENV !== "production") return [];
  const asked = SECRETS.filter(({ name }) => name === "APP_SECRET" || isExposed(source));
  /** Who knows one of them would know another. */
  const seen = new Map<string, string>();
  return asked.flatMap(({ name, lengthMin, make }) =>
    secretsIn(source, name).flatMap((secret) => {
      const same = seen.get(secret);
      seen.set(secret, same ?? name);
      if (same !== undefined && same !== name) return [`${name} is the same as ${same}; ${make}`];
      const fault =
        secret.length < lengthMin ? `needs ${lengthMin} characters or more` : findWeakness(secret);
      return fault ? [`${name} ${fault}; ${make}`] : [];
    }),
  );
}

/**
 * Secrets that listWeakSecrets lets pass and a machine that guesses words would not. For servers that people reach, at
 * their start: the lists take a fifth of a second to load.
 */
export async function listGuessableSecrets(source: Source): Promise<string[]> {
  if (source.NODE_ENV !== "production" || !isExposed(source)) return [];
  const { loadGuesser } = await import("./secret-strength");
  const isGuessable = await loadGuesser(listOwnWords(source));
  return SECRETS.flatMap(({ name, lengthMin, make }) =>
    secretsIn(source, name).flatMap((secret) => {
      if (secret.length < lengthMin || findWeakness(secret) || !isGuessable(secret)) return [];
      return [`${name} is made of words, dates or walks over the keyboard; ${make}`];
    }),
  );
}

/** What everybody knows of this site: its address and the sender's, whole and in parts. */
function listOwnWords({ APP_URL = "", EMAIL_FROM = "" }: Source): string[] {
  const wholes = [URL.canParse(APP_URL) ? new URL(APP_URL).hostname : "", ...EMAIL_FROM.split(/[\s<>"]+/)];
  const words = wholes.flatMap((whole) => [whole, ...whole.split(/[^\p{L}\p{N}]+/u)]);
  return [...new Set(words.map((word) => word.toLowerCase()).filter((word) => word.length > 2))];
}

/** What people write where a secret belongs. Long enough that a random one does not hold them by chance. */
const PLACEHOLDERS =
  /change-?_?me|secret|passw[o0]rd|letmein|qwerty|example|placeholder|latchkey|replace-?_?(me|this)|your-?_?(key|own|app)|default|insecure|hunter2|(?:x{6}|\*{4}|\.{4})/i;
/** 32 random hexadecimal digits have fewer than 8 different ones less often than once in a million. */
const DIFFERENT_MIN = 8;

/** Why a secret of enough characters could be guessed all the same, or null. Never holds the secret. */
export function findWeakness(secret: string): string | null {
  if (PLACEHOLDERS.test(secret)) return "is a placeholder or an everyday word";
  // A text that is a part of itself put twice in a row, shifted, repeats itself.
  if (`${secret}${secret}`.indexOf(secret, 1) < secret.length) return "repeats itself";
  if (new Set(secret).size < Math.min(DIFFERENT_MIN, secret.length / 2))
    return "has too few different characters";
  const codes = [...secret].map((character) => character.charCodeAt(0));
  const inOrder = codes.filter((code, index) => Math.abs(code - (codes[index - 1] ?? code + 9)) === 1).length;
  if (inOrder > secret.length / 2) return "is a sequence of neighbouring characters";
  return null;
}

/** True for localhost, *.localhost (RFC 6761), 127.0.0.0/8 and [::1]. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}
