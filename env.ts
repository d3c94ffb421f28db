// The only reader of process.env. Everything the product can be told from outside is in this one schema;
// what is missing or malformed is reported in one list, and the process does not start (STYLE.md: "env at boot").
import { z } from "zod";
import {
  isLoopback,
  listContradictions,
  listGuessableSecrets,
  listMissingServices,
  listWeakSecrets,
} from "./env-rules";

/**
 * What README's table and .env.example say of a variable (`npm run env:table`). The default is the schema's own;
 * `unset` is said in its place where something else than a value stands in.
 */
const tell = <Schema extends z.ZodType>(schema: Schema, description: string, unset?: string): Schema =>
  schema.meta(unset === undefined ? { description } : { description, unset });

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

/** RFC 5322 (3.2.3, 3.4) with every script's letters (RFC 6532), without its comments and quoted local parts. */
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]";
const LABEL =
  "[A-Za-z0-9\\u0080-\\u{10ffff}](?:[A-Za-z0-9\\u0080-\\u{10ffff}-]*[A-Za-z0-9\\u0080-\\u{10ffff}])?";
const ADDRESS = `${ATEXT}+(?:\\.${ATEXT}+)*@${LABEL}(?:\\.${LABEL})*`;
const WORD = `(?:(?:${ATEXT}|\\.)+|"(?:[^"\\\\\\p{Cc}]|\\\\[^\\p{Cc}])*")`;
const MAILBOX = new RegExp(`^(?:${ADDRESS}|(?:${WORD}(?: +${WORD})* *)?<${ADDRESS}>)$`, "u");

const LOCAL_ENGINE = "local engine";
const MADE_AT_START = "made at first start";

const Schema = z.object({
  APP_URL: tell(
    z
      .url({ protocol: /^https?$/, normalize: true })
      // As browsers write it in Origin; more than a host behind it is refused (env-rules.ts).
      .overwrite((url) => url.replace(/\/$/, ""))
      .default("http://localhost:3000"),
    "where people reach the app, its scheme and host alone; also the issuer of its tokens",
  ),
  PORT: tell(z.coerce.number().int().min(0).max(65_535).default(3000), "the app's port"),
  NODE_ENV: tell(
    z.enum(["production", "development", "test"]).default("development"),
    "`npm start` and the image set `production`, `npm run dev` sets `development`",
  ),
  APP_SECRET: tell(
    z.string().min(32, "needs 32 characters or more; make one with: openssl rand -base64 32"),
    "32 characters or more; every key is derived from it (HKDF, one purpose one key)",
    MADE_AT_START,
  ),
  OPS_PASSWORD: tell(optionalText, "the operator's password", MADE_AT_START),
  METRICS_TOKEN: tell(
    optionalText.pipe(
      z
        .string()
        .regex(/^[\x21-\x7e]+$/, "must be plain ASCII without spaces: it goes into a header")
        .optional(),
    ),
    "the bearer token that reads `/api/metrics`; unset, there is no such address",
  ),
  DATABASE_URL: tell(z.url({ protocol: /^postgres(ql)?$/ }), "a Postgres database", "local Postgres"),
  DATABASE_POOL_SIZE: tell(
    z.coerce.number().int().min(1).max(100).default(10),
    "connections of one server process to Postgres; one more listens",
  ),

  INNGEST_EVENT_KEY: tell(optionalText, "with the signing key alone: Inngest Cloud", LOCAL_ENGINE),
  INNGEST_SIGNING_KEY: tell(optionalText, "with the event key alone: Inngest Cloud", LOCAL_ENGINE),
  INNGEST_SIGNING_KEY_FALLBACK: tell(
    optionalText,
    "the other key while the signing key is being changed: calls signed with it are taken too",
  ),
  INNGEST_BASE_URL: tell(
    optionalText.pipe(z.url().optional()),
    "a self-hosted Inngest server; with both keys above",
    LOCAL_ENGINE,
  ),
  INNGEST_DEV: tell(
    optionalText,
    "an Inngest Dev Server's address, for development: calls are then not signed. Any value switches it on, also `0`",
  ),

  RESEND_API_KEY: tell(optionalText, "sends by Resend", "local mail server"),
  RESEND_WEBHOOK_SECRET: tell(
    optionalText.pipe(z.string().startsWith("whsec_", "must start with whsec_").optional()),
    "`whsec_…`, signs what Resend tells afterwards; without it delivered and bounced stay unknown",
    MADE_AT_START,
  ),
  RESEND_BASE_URL: tell(
    optionalText.pipe(z.url().optional()),
    "another server with Resend's API, such as the local inbox",
  ),
  SMTP_URL: tell(
    optionalText.pipe(z.url({ protocol: /^smtps?$/ }).optional()),
    "sends by SMTP: `smtp://user:password@host:587`, `smtps://…`",
  ),
  INBOX_URL: tell(
    optionalText.pipe(z.url().optional()),
    "the local inbox, which the confirm page then links to; only while `APP_URL` is on loopback",
    "set by `npm start`",
  ),
  EMAIL_FROM: tell(
    z.preprocess(
      (value) => (value === "" ? undefined : value),
      z
        .string()
        .trim()
        .regex(
          MAILBOX,
          "must be one address, or a name and an address: hello@example.com, Example <hello@example.com>",
        )
        .default("Latchkey <hello@latchkey.localhost>"),
    ),
    "the sender: an address, or `Name <address>`",
  ),

  EMAIL_MODE: tell(
    z.enum(["async", "sync"]).default("async"),
    "`sync` sends inside the request: the rollback switch",
  ),
  EMAIL_QUEUE_DELAY: tell(seconds(2), "seconds from the answer to the first attempt"),
  EMAIL_MAX_RETRIES: tell(z.coerce.number().int().min(0).max(20).default(5), "tries after the first"),
  EMAIL_RETRY_BASE: tell(seconds(60, 1), "seconds before the first retry; doubles with every further one"),
  EMAIL_RETRY_MAX: tell(seconds(900, 1), "seconds before a retry, at most"),
  EMAIL_TIMEOUT: tell(
    z.coerce.number().finite().min(0.1).max(120).default(10),
    "seconds for one whole conversation with the mail provider, connect and greeting included",
  ),
  EMAIL_FAILOVER: tell(
    z.preprocess((value) => (value === "" ? undefined : value), z.enum(["smtp", "resend"]).optional()),
    "`smtp` or `resend`: the provider that steps in when the other one, which comes first, refuses us or is away; both must be configured",
  ),
  EMAIL_RATE_LIMIT: tell(
    optionalNumber(z.number().min(0.01).max(10_000)),
    "mails that may leave per second, all processes together; the rest of a burst waits without spending a try, and so does a mail that the provider answers with 429 all the same",
  ),
  EMAIL_CONCURRENCY: tell(
    optionalNumber(z.number().int().min(1).max(1_000)),
    "conversations with the mail provider at the same time, in each process; those that the engine starts, in all processes together; unset, as many as there are mails due",
  ),
  EMAIL_SYNC_BUDGET: tell(
    z.coerce.number().finite().min(0.1).max(10).default(0.7),
    "seconds a request may spend on sending when the engine is away",
  ),
  EMAIL_WATCHDOG_AFTER: tell(
    seconds(30, 1),
    "seconds past due after which a server process sends what the engine did not start; while the engine is away, when it is due",
  ),
  EMAIL_MX_CHECK: tell(
    z.enum(["on", "off", ""]).default(""),
    "asks DNS whether an address's domain takes mail; without a clear answer in 0.4 s it counts as yes",
    "`on`, `off` on loopback",
  ),
  EMAIL_WELCOME: tell(
    z.enum(["on", "off"]).default("on"),
    "`off` sends no mail of welcome after a confirmation",
  ),
  EMAIL_BLOCK_DISPOSABLE: tell(flag, "`on` refuses addresses of throw-away mailbox services"),

  TRUSTED_PROXY_HOPS: tell(
    z.coerce.number().int().min(0).max(10).default(0),
    "proxies of yours in front of the app that append to `X-Forwarded-For`; 0 counts the connection's own address and believes no header",
  ),
  RATE_LIMITS: tell(
    z.enum(["on", "off"]).default("on"),
    "`off` lets everything through, for benchmarks; only while `APP_URL` is on loopback",
  ),
  DIRECT_CALLS: tell(
    z.enum(["on", "off"]).default("on"),
    "calls of the API do not take the way through Next's router, which costs several times what they do; `off` sends them through it, as hosts that run each handler by itself do anyway",
  ),
  PROOF_OF_WORK: tell(
    z.enum(["off", "auto", "always"]).default("off"),
    "`auto` asks browsers for a second of work before they may register, while unusually many do; `always`. People without JavaScript are then told to wait",
  ),
  PROOF_OF_WORK_ABOVE: tell(
    z.coerce.number().int().min(1).max(2_000).default(300),
    "registrations an hour, of the whole site, that `auto` lets through without",
  ),
  // 8 is the floor of ASVS 5.0 (6.2.1).
  PASSWORD_MIN_LENGTH: tell(
    z.coerce.number().int().min(8).max(64).default(8),
    "characters of a new password, 8 to 64; NIST SP 800-63B asks for 15 where there is no second factor",
  ),
  HIBP: tell(
    z
      .union([z.enum(["on", "off"]), z.url({ protocol: /^https?$/ })], {
        error: "must be on, off, or the address of a mirror",
      })
      .default("off"),
    "`on` refuses passwords found in breaches, by haveibeenpwned.com, which learns five digits of a hash and no more; an address names a mirror. Without an answer in 0.5 s the password is let through",
  ),
  WEBHOOK_URLS: tell(
    z
      .string()
      .default("")
      .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ""))
      .pipe(z.array(z.url({ protocol: /^https?$/ })).max(10)),
    "addresses, separated by commas, that are told what happens by signed webhooks; https, http only on loopback",
  ),
  WEBHOOK_SECRET: tell(
    z
      .string()
      .default("")
      .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ""))
      .pipe(
        z.array(
          z
            .string()
            .refine(
              isWebhookSecret,
              'must be "whsec_" and 24 to 64 bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"',
            ),
        ),
      ),
    "`whsec_…`, signs them; while one is being replaced, the new one and the old one, separated by a comma",
  ),
  INTERCOM_ACCESS_TOKEN: tell(
    optionalText.pipe(
      z
        .string()
        .regex(/^[\x21-\x7e]+$/, "must be plain ASCII without spaces: it goes into a header")
        .optional(),
    ),
    "tells Intercom of every account that is confirmed, and of its end",
  ),
  INTERCOM_BASE_URL: tell(
    optionalText.pipe(z.url({ protocol: /^https?$/ }).optional()),
    "`https://api.eu.intercom.io` or `https://api.au.intercom.io` for a workspace over there; unset, the United States",
  ),
  CANARY_TO: tell(
    optionalText.pipe(
      z
        .string()
        .transform((text) => text.toLowerCase())
        .pipe(z.email().max(254))
        .optional(),
    ),
    "an address of yours that nobody reads; every five minutes a registration of our own goes there, and `/ops` and `/api/metrics` say how long it took",
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: tell(
    optionalText.pipe(z.url({ protocol: /^https?$/ }).optional()),
    "a collector for traces, by OTLP over HTTP, such as `http://localhost:4318`; `/v1/traces` is put behind it. Unset, there are none. Further `OTEL_*` variables mean what OpenTelemetry says",
  ),
  OTEL_EXPORTER_OTLP_HEADERS: tell(
    optionalText.pipe(
      z
        .string()
        .regex(/^\s*[^\s=,]+=[^,]*(,\s*[^\s=,]+=[^,]*)*$/, "must be name=value, separated by commas")
        .optional(),
    ),
    "what the collector wants to see: `name=value`, separated by commas",
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: tell(
    z
      .enum(["http/protobuf", "http/json"], {
        error: "must be http/protobuf or http/json; grpc is not spoken",
      })
      .default("http/protobuf"),
    "or `http/json`",
  ),
  OTEL_SERVICE_NAME: tell(optionalText.pipe(z.string().default("latchkey")), "what traces are under"),
  OTEL_TRACES_SAMPLER: tell(
    z
      .enum([
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
      ])
      .default("parentbased_always_on"),
    "which traces are kept; `parentbased_traceidratio` keeps a part of them, whole ones",
  ),
  OTEL_TRACES_SAMPLER_ARG: tell(optionalNumber(z.number().min(0).max(1)), "that part, 0 to 1"),
  OTEL_SDK_DISABLED: tell(
    z.enum(["true", "false", ""]).default(""),
    "`true` switches traces off whatever else is set",
  ),
  LOG_LEVEL: tell(
    z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`",
  ),
});

/** As Standard Webhooks has it: 24 to 64 random bytes. */
function isWebhookSecret(text: string): boolean {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = base64 ? Buffer.from(base64, "base64").byteLength : 0;
  return bytes >= 24 && bytes <= 64;
}

export type Env = z.infer<typeof Schema>;

/** Whether somebody listens to traces. */
export function isTracingOn({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED }: Env): boolean {
  return OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && OTEL_SDK_DISABLED !== "true";
}

/** EMAIL_MX_CHECK, or what it is when unset: a product on loopback must work without a network. */
export function isMailDomainChecked({ EMAIL_MX_CHECK, APP_URL }: Env): boolean {
  return EMAIL_MX_CHECK === "" ? !isLoopback(APP_URL) : EMAIL_MX_CHECK === "on";
}

/** Thrown at boot; the message is the whole list, ready to be printed. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

type Given = Record<string, string | undefined>;

/** An empty line in an env file, or compose's ${NAME:-}, means "not set": it must not become the number 0. */
const leaveOutEmpty = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value?.trim() !== ""));

/** Parses an environment; throws EnvironmentError with every complaint at once, never with a value. */
export function parseEnv(given: Given): Env {
  return judge(leaveOutEmpty(given), []);
}

/**
 * As parseEnv, and in production outside of loopback also whether its secrets could be guessed, which takes a moment: for
 * the start of a server, and for those who ask whether it would start.
 */
export async function checkEnv(given: Given = process.env): Promise<Env> {
  const source = leaveOutEmpty(given);
  return judge(source, await listGuessableSecrets(source));
}

/** `complaints`: what was found besides. */
function judge(source: Given, complaints: readonly string[]): Env {
  const result = Schema.safeParse(source);
  const issues = result.success ? [] : result.error.issues;
  // Of a list, not which of its parts.
  const broken = issues.map(({ path, message }) => ({ name: String(path[0]), message }));
  const lines = [
    ...broken.map(({ name, message }) => `${name} ${source[name] === undefined ? "is missing" : message}`),
    ...listContradictions(result.data ?? parseEach(source)),
    ...listMissingServices(source),
    ...listWeakSecrets(source),
    ...complaints,
  ];
  if (result.success && lines.length === 0) return result.data;
  throw new EnvironmentError(
    `Latchkey cannot start; mend these environment variables:\n${[...new Set(lines)].map((line) => `  ${line}`).join("\n")}`,
  );
}

/** The variables that are whole by themselves. */
function parseEach(source: Record<string, string | undefined>): Partial<Env> {
  return Object.fromEntries(
    Object.entries<z.ZodType>(Schema.shape).flatMap(([name, schema]) => {
      const { success, data } = schema.safeParse(source[name]);
      return success ? [[name, data]] : [];
    }),
  );
}

/** A variable as README and .env.example show it. `fallback`: what the schema takes when it is not set, or null. */
export type Variable = { name: string; description: string; fallback: string | null; unset: string | null };

/** Every variable there is, in the order of the schema. Throws when one is not described. */
export function listVariables(): Variable[] {
  return Object.entries<z.ZodType>(Schema.shape).map(([name, schema]) => {
    const { description, unset } = schema.meta() ?? {};
    if (!description) throw new Error(`${name} says nothing about itself: tell() in env.ts`);
    const taken = schema.safeParse(undefined).data;
    const value = typeof taken === "boolean" ? (taken ? "on" : "off") : taken;
    // An empty list is written as nothing, too.
    const hasNone = value === undefined || String(value) === "";
    return {
      name,
      description,
      fallback: hasNone ? null : String(value),
      unset: typeof unset === "string" ? unset : null,
    };
  });
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
    // Each look at Node's own object asks the system, and the engine's SDK lists all of it four times a call
    // (docs/decisions/033).
    process.env = { ...process.env };
    // next-auth reads its own address from here and takes it from nowhere else.
    process.env.NEXTAUTH_URL ??= parsed.APP_URL;
  }
  return parsed;
}
