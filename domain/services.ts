// What every use case is given. Built once per process by services.ts at the top level; built by hand in tests.
import type { Database } from "@/db/client";
import type { Transport } from "@/emails/transport";
import type { Clock } from "./clock";
import type { Keys } from "./keys";
import type { RetryPolicy } from "./retry-policy";

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
};

export type Services = {
  db: Database;
  clock: Clock;
  keys: Keys;
  transport: Transport;
  settings: Settings;
  log: Log;
};
