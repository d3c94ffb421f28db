// Services for integration tests: real Postgres, a clock that tests move, a provider that answers as told.
import { type DatabaseClient, openDatabase } from "@/db/client";
import { deriveKeys } from "@/domain/keys";
import { NO_METER } from "@/domain/meter";
import { createSending } from "@/domain/send-pace";
import type { Log, Services } from "@/domain/services";
import { NO_TRACING } from "@/domain/tracing";
import type { OutgoingEmail, SendResult, Transport, Unwanted } from "@/emails/transport";

export type ScriptedTransport = Transport & {
  /** What was handed over, in order, accepted or not. */
  readonly handed: OutgoingEmail[];
  /** What was handed over so that nobody gets it. */
  readonly rehearsed: OutgoingEmail[];
  /** Answers for the next sends, in order; afterwards everything is accepted. */
  answer(...results: (SendResult | ((email: OutgoingEmail) => Promise<SendResult>))[]): void;
};

export function createScriptedTransport(name = "scripted"): ScriptedTransport {
  const script: (SendResult | ((email: OutgoingEmail) => Promise<SendResult>))[] = [];
  const handed: OutgoingEmail[] = [];
  const rehearsed: OutgoingEmail[] = [];
  async function hand(
    email: OutgoingEmail,
    where: OutgoingEmail[],
    prefix: string,
    mayStillSend: () => Promise<boolean> = async () => true,
  ): Promise<SendResult | Unwanted> {
    if (!(await mayStillSend())) return { outcome: "unwanted" };
    where.push(email);
    const next = script.shift();
    if (typeof next === "function") return next(email);
    return next ?? { outcome: "accepted", providerMessageId: `${prefix}-${where.length}` };
  }
  return {
    name,
    handed,
    rehearsed,
    answer: (...results) => void script.push(...results),
    send: (email, _, mayStillSend) => hand(email, handed, "provider", mayStillSend),
    rehearse: (email, _, mayStillSend) => hand(email, rehearsed, "rehearsal", mayStillSend),
  };
}

export const refusal = (change: Partial<Extract<SendResult, { outcome: "failed" }>> = {}): SendResult => ({
  outcome: "failed",
  class: "transient",
  code: "timeout",
  providerCode: null,
  providerText: "the provider said nothing",
  retryAfterSeconds: null,
  ...change,
});

export type LogLine = { level: keyof Log; facts: object; sentence: string };

export type TestServices = Services & {
  transport: ScriptedTransport;
  lines: LogLine[];
  /** Moves the clock of the services forward. */
  pass(seconds: number): void;
  close(): Promise<void>;
};

export const TEST_POOL_SIZE = 12;

/** `close` closes their connections, unless `database` was given: then it does nothing. */
export function createTestServices(databaseUrl: string, given?: DatabaseClient): TestServices {
  const database = given ?? openDatabase(databaseUrl, TEST_POOL_SIZE);
  let now = new Date();
  const lines: LogLine[] = [];
  const write = (level: keyof Log) => (facts: object, sentence: string) =>
    void lines.push({ level, facts, sentence });
  return {
    get db() {
      return database.db;
    },
    close: given ? async () => {} : database.close,
    clock: () => new Date(now),
    pass(seconds) {
      now = new Date(now.getTime() + seconds * 1000);
    },
    keys: deriveKeys("a secret for tests that is long enough"),
    transport: createScriptedTransport(),
    failover: null,
    mailDomains: null,
    breachedPasswords: null,
    intercom: null,
    webhooks: null,
    sending: createSending(null),
    settings: {
      appUrl: "http://localhost:3000",
      emailFrom: "Latchkey <hello@latchkey.example>",
      queueDelaySeconds: 2,
      retry: { maxAttempts: 6, baseSeconds: 60, maxSeconds: 900 },
      emailTimeoutMs: 10_000,
      sendsPerSecond: null,
      concurrency: null,
      welcomeMail: true,
      rateLimits: false,
      blockDisposable: false,
      proofOfWork: "off",
      proofAbovePerHour: 300,
      passwordMin: 8,
      canaryTo: null,
    },
    lines,
    meter: NO_METER,
    tracing: NO_TRACING,
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
  };
}

let counter = 0;

/** A registration nobody else has. */
export function someone(change: Partial<{ username: string; email: string; password: string }> = {}) {
  const name = `ada${process.pid}x${++counter}`;
  return { username: name, email: `${name}@example.com`, password: "correct horse battery", ...change };
}
