// The only reader of process.env. Everything the product can be told from outside is in this one schema;
// what is missing or malformed is reported in one list, and the process does not start (STYLE.md: "env at boot").
import { z } from "zod";

/** "3", "2.5": a number of seconds, as the replaced system's settings had them. */
const seconds = (fallback: number, min = 0) =>
  z.coerce.number().finite().min(min).max(86_400).default(fallback);
const optionalText = z.preprocess(
  (value) => (value === "" ? undefined : value),
  z.string().min(1).optional(),
);
const optionalNumber = (schema: z.ZodNumber) =>
  z.preprocess(
    (value) => (value === undefined || value === "" ? undefined : Number(value)),
    schema.optional(),
  );
const flag = z
  .enum(["1", "0", "true", "false", "on", "off", ""])
  .default("")
  .transform((value) => value === "1" || value === "true" || value === "on");

const Schema = z
  .object({
    NODE_ENV: z.enum(["production", "development", "test"]).default("development"),
    /** Where people reach the app; also the issuer of its tokens. */
    APP_URL: z.url({ protocol: /^https?$/ }).default("http://localhost:3000"),
    /** Every key is derived from it by HKDF, one purpose one key. */
    APP_SECRET: z.string().min(32, "needs 32 characters or more; make one with: openssl rand -base64 32"),
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    /** Connections of one server process to Postgres, its LISTEN connection aside. */
    DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(100).default(10),

    INNGEST_BASE_URL: optionalText.pipe(z.url().optional()),
    INNGEST_EVENT_KEY: optionalText,
    INNGEST_SIGNING_KEY: optionalText,
    INNGEST_SIGNING_KEY_FALLBACK: optionalText,
    /** Set to the Dev Server's address (or 1) in development: calls are then not signed. */
    INNGEST_DEV: optionalText,

    RESEND_API_KEY: optionalText,
    RESEND_BASE_URL: optionalText.pipe(z.url().optional()),
    /** `whsec_…`: signs what Resend tells us afterwards (delivered, bounced); without it those states stay unknown. */
    RESEND_WEBHOOK_SECRET: optionalText.pipe(
      z.string().startsWith("whsec_", "must start with whsec_").optional(),
    ),
    SMTP_URL: optionalText.pipe(z.url({ protocol: /^smtps?$/ }).optional()),
    EMAIL_FROM: z.preprocess(
      (value) => (value === "" ? undefined : value),
      z.string().min(3).default("Latchkey <hello@latchkey.localhost>"),
    ),

    /** `sync` sends inside the request: the rollback switch. */
    EMAIL_MODE: z.enum(["async", "sync"]).default("async"),
    /** Seconds between the answer and the first attempt. */
    EMAIL_QUEUE_DELAY: seconds(2),
    EMAIL_MAX_RETRIES: z.coerce.number().int().min(0).max(20).default(5),
    /** Seconds before the first retry; doubles with every further one up to EMAIL_RETRY_MAX. */
    EMAIL_RETRY_BASE: seconds(60, 1),
    EMAIL_RETRY_MAX: seconds(900, 1),
    /** Seconds for one whole conversation with the mail provider, connect and greeting included. */
    EMAIL_TIMEOUT: z.coerce.number().finite().min(0.1).max(120).default(10),
    /** A second way out, for when the first refuses us or is away; both must be configured. Unset: none. */
    EMAIL_FAILOVER: z.preprocess(
      (value) => (value === "" ? undefined : value),
      z.enum(["smtp", "resend"]).optional(),
    ),
    /** Mails that may leave per second, all processes together. Unset: as fast as they come. */
    EMAIL_RATE_LIMIT: optionalNumber(z.number().min(0.01).max(10_000)),
    /** Conversations with the mail provider at the same time. Unset: as many as there are mails due. */
    EMAIL_CONCURRENCY: optionalNumber(z.number().int().min(1).max(1_000)),
    /** Seconds a request may spend on sending when the engine is away. */
    EMAIL_SYNC_BUDGET: z.coerce.number().finite().min(0.1).max(10).default(0.7),

    /** Seconds past its due time after which a server process sends a delivery itself that the engine did not start. */
    EMAIL_WATCHDOG_AFTER: seconds(30, 1),

    OPS_PASSWORD: optionalText,
    LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    /** Address of the development inbox, shown on the confirm page; only honoured on loopback. */
    INBOX_URL: optionalText.pipe(z.url().optional()),
    RATE_LIMITS: z.enum(["on", "off"]).default("on"),
    /** Proxies of our own in front of the app, each of which appends to X-Forwarded-For. 0: that header is not believed. */
    TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
    /** Asks DNS whether an address's domain takes mail. Unset: on, except while APP_URL is on loopback. */
    EMAIL_MX_CHECK: z.enum(["on", "off", ""]).default(""),
    /** Refuses addresses of throw-away mailbox services. */
    EMAIL_BLOCK_DISPOSABLE: flag,
    /** Asks a registration for a proof of work: `auto` while unusually many come, `always`, or `off`. */
    PROOF_OF_WORK: z.enum(["off", "auto", "always"]).default("off"),
    /** Registrations an hour, of the whole site, above which `auto` asks. */
    PROOF_OF_WORK_ABOVE: z.coerce.number().int().min(1).max(2_000).default(300),
    /** Characters of a new password, at least. 8 is the floor of ASVS 5.0 (6.2.1); NIST SP 800-63B asks for 15. */
    PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8).max(64).default(8),
    /** Refuses passwords found in breaches: `on` asks haveibeenpwned.com, an address a mirror of it. */
    HIBP: z
      .union([z.enum(["on", "off"]), z.url({ protocol: /^https?$/ })], {
        error: "must be on, off, or the address of a mirror",
      })
      .default("off"),
    /** Shows stack traces in answers; for development only. */
    DEBUG_ERRORS: flag,
  })
  .check((context) => {
    const value = context.value;
    const complain = (path: string, message: string) =>
      context.issues.push({ code: "custom", path: [path], message, input: value });
    const onLoopback = isLoopback(value.APP_URL);
    if (value.RATE_LIMITS === "off" && !onLoopback)
      complain("RATE_LIMITS", "may be off only while APP_URL is on loopback");
    if (value.NODE_ENV === "production" && value.INNGEST_DEV && !onLoopback)
      complain("INNGEST_DEV", "switches signatures off and is refused in production; unset it");
    if (value.NODE_ENV === "production" && !onLoopback && value.APP_URL.startsWith("http:"))
      complain("APP_URL", "must be https outside of loopback: session cookies are sent only over TLS");
    if (value.RESEND_BASE_URL && !onLoopback && isLoopback(value.RESEND_BASE_URL))
      complain("RESEND_BASE_URL", "names a stand-in on this machine while APP_URL is real; unset it");
    if (value.EMAIL_FAILOVER && !(value.RESEND_API_KEY && value.SMTP_URL))
      complain("EMAIL_FAILOVER", "needs both RESEND_API_KEY and SMTP_URL: one sends, the other steps in");
    if (value.EMAIL_RETRY_MAX < value.EMAIL_RETRY_BASE)
      complain("EMAIL_RETRY_MAX", "must not be below EMAIL_RETRY_BASE");
  });

const MAKE_ONE = "make one with: openssl rand -base64 32";

/** Asked of what was given, as the missing ones are. On loopback only the secret that everything is derived from: the rest guards an open door. */
function listWeakSecrets(source: Record<string, string | undefined>): string[] {
  const weak: string[] = [];
  if (source.NODE_ENV !== "production") return weak;
  const check = (name: string, lengthMin: number, make: string) => {
    const secret = source[name];
    if (!secret) return;
    const fault = secret.length < lengthMin ? `needs ${lengthMin} characters or more` : findWeakness(secret);
    if (fault) weak.push(`${name} ${fault}; ${make}`);
  };
  check("APP_SECRET", 32, MAKE_ONE);
  if (!isExposed(source)) return weak;
  check("OPS_PASSWORD", 12, MAKE_ONE);
  // An Inngest key is `signkey-<environment>-<hex>`; 32 hexadecimal digits are 128 bits (ASVS 5.0, 11.2.3).
  for (const name of ["INNGEST_SIGNING_KEY", "INNGEST_SIGNING_KEY_FALLBACK"])
    check(name, 32, "the engine shows the right one, or for your own server: openssl rand -hex 32");
  check(
    "INNGEST_EVENT_KEY",
    16,
    "the engine shows the right one, or for your own server: openssl rand -hex 16",
  );
  check("RESEND_WEBHOOK_SECRET", "whsec_".length + 24, "Resend shows it beside the webhook");
  return weak;
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

export type Env = z.infer<typeof Schema>;

/** Services that one of several variables can name: checked on what was given, so that one list holds everything. */
function listMissingServices(source: Record<string, string | undefined>): string[] {
  const missing: string[] = [];
  if (!source.RESEND_API_KEY && !source.SMTP_URL)
    missing.push("RESEND_API_KEY is missing (or set SMTP_URL): without one no email can be sent");
  if (!source.INNGEST_DEV && !source.INNGEST_SIGNING_KEY)
    missing.push("INNGEST_SIGNING_KEY is missing: without it anybody could run the functions");
  if (!source.INNGEST_DEV && !source.INNGEST_EVENT_KEY)
    missing.push("INNGEST_EVENT_KEY is missing: without it no event can be published");
  if (source.NODE_ENV !== "production" || !isExposed(source)) return missing;
  // The defaults of these two belong to the stand-ins.
  if (!source.OPS_PASSWORD) missing.push("OPS_PASSWORD is missing: the operator's password");
  if (!source.EMAIL_FROM)
    missing.push('EMAIL_FROM is missing: the sender, e.g. "Example <hello@example.com>"');
  return missing;
}

function isExposed({ APP_URL }: Record<string, string | undefined>): boolean {
  return APP_URL !== undefined && URL.canParse(APP_URL) && !isLoopback(APP_URL);
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

/** EMAIL_MX_CHECK, or what it is when unset: a product on loopback must work without a network. */
export function isMailDomainChecked({ EMAIL_MX_CHECK, APP_URL }: Env): boolean {
  return EMAIL_MX_CHECK === "" ? !isLoopback(APP_URL) : EMAIL_MX_CHECK === "on";
}

/** Thrown at boot; the message is the whole list, ready to be printed. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** Parses an environment; throws EnvironmentError with every complaint at once, never with a value. */
export function parseEnv(given: Record<string, string | undefined>): Env {
  // An empty line in an env file, or compose's ${NAME:-}, means "not set": it must not become the number 0.
  const source = Object.fromEntries(Object.entries(given).filter(([, value]) => value?.trim() !== ""));
  const result = Schema.safeParse(source);
  const unset = [...listMissingServices(source), ...listWeakSecrets(source)];
  if (result.success && unset.length === 0) return result.data;
  const issues = result.success ? [] : result.error.issues;
  const lines = issues.map((issue) => {
    const name = issue.path.join(".");
    return `  ${name} ${source[name] === undefined ? "is missing" : issue.message}`;
  });
  lines.push(...unset.map((line) => `  ${line}`));
  throw new EnvironmentError(
    `Latchkey cannot start; mend these environment variables:\n${[...new Set(lines)].join("\n")}`,
  );
}

/** DATABASE_URL alone, for programs that need nothing else. Throws EnvironmentError when it is missing or no URL. */
export function databaseUrl(source: Record<string, string | undefined> = process.env): string {
  const result = Schema.shape.DATABASE_URL.safeParse(source.DATABASE_URL);
  if (result.success) return result.data;
  throw new EnvironmentError(
    "DATABASE_URL is missing or malformed: it names the database, e.g. postgres://user@host/latchkey",
  );
}

let parsed: Env | undefined;

/** The environment of this process, parsed at the first call. */
export function env(): Env {
  if (!parsed) {
    parsed = parseEnv(process.env);
    // next-auth reads its own address from here and takes it from nowhere else.
    process.env.NEXTAUTH_URL ??= parsed.APP_URL;
  }
  return parsed;
}
