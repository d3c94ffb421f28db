// What every use case is given. Built once per process by services.ts at the top level; built by hand in tests.
import type { Database } from "@/db/client";
import type { Transport } from "@/emails/transport";
import type { BreachedPasswords } from "./breached-passwords";
import type { CircuitBreaker } from "./circuit-breaker";
import type { Clock } from "./clock";
import type { Intercom } from "./intercom";
import type { Keys } from "./keys";
import type { MailDomains } from "./mail-domains";
import type { Meter } from "./meter";
import type { ProofMode } from "./proof-of-work";
import type { RetryPolicy } from "./retry-policy";
import type { Sending } from "./send-pace";
import type { Tracing } from "./tracing";
import type { WebhookEndpoints } from "./webhook-endpoints";

/** pino's signature: facts first, sentence second. */
export type Log = Record<"debug" | "info" | "warn" | "error", (facts: object, sentence: string) => void>;

export type Settings = {
  /** Where people reach the app; the issuer of access tokens. No trailing slash. */
  appUrl: string;
  /** RFC 5322 mailbox that mails come from. */
  emailFrom: string;
  /** Seconds between a registration's answer and its first attempt. */
  queueDelaySeconds: number;
  retry: RetryPolicy;
  /** Milliseconds for one conversation with the mail provider. */
  emailTimeoutMs: number;
  /** Mails that may leave per second, all processes together; null: no limit. */
  sendsPerSecond: number | null;
  /** Conversations with providers at the same time, of this process; null: no limit. */
  concurrency: number | null;
  /** Whether an account that was just confirmed gets a mail of welcome. */
  welcomeMail: boolean;
  /** Whether the limits of limits.ts count; off only on loopback. */
  rateLimits: boolean;
  /** Whether addresses of throw-away mailbox services are refused. */
  blockDisposable: boolean;
  /** When a registration has to bring a proof of work (proof-of-work.ts). */
  proofOfWork: ProofMode;
  /** Registrations an hour, of the whole site, above which `auto` asks for one. */
  proofAbovePerHour: number;
  /** Characters of a new password, at least; never below account-rules.ts. */
  passwordMin: number;
  /** Where the canary registers; null: it does not. */
  canaryTo: string | null;
};

export type Services = {
  db: Database;
  clock: Clock;
  keys: Keys;
  transport: Transport;
  /** Where mails go when `transport` refuses us or is away; `breaker` remembers that it is. Null: nowhere. */
  failover: { transport: Transport; breaker: CircuitBreaker } | null;
  /** What DNS says of an address's domain; null: it is not asked. */
  mailDomains: MailDomains | null;
  /** Who knows the passwords of breaches; null: nobody is asked. */
  breachedPasswords: BreachedPasswords | null;
  /** Who is told of accounts; null: not Intercom. */
  intercom: Intercom | null;
  /** Who is told what happens, by webhooks of ours; null: nobody. */
  webhooks: WebhookEndpoints | null;
  /** The places of this process's conversations with providers. */
  sending: Sending;
  settings: Settings;
  log: Log;
  /** Told what happens, for metrics. */
  meter: Meter;
  /** Told what leads to what, for traces. */
  tracing: Tracing;
};
