// Builds the services of this process from its environment, once: the one place where configuration meets the rules.
import { type DatabaseClient, openDatabase } from "./db/client";
import { type Notifications, openNotifications } from "./db/notifications";
import { type AnswerTimes, createAnswerTimes } from "./domain/answer-times";
import { createBreachedPasswords, HIBP_URL } from "./domain/breached-passwords";
import { createCircuitBreaker } from "./domain/circuit-breaker";
import { systemClock } from "./domain/clock";
import { createIntercom, INTERCOM_API } from "./domain/intercom";
import { deriveKeys } from "./domain/keys";
import { createMailDomains } from "./domain/mail-domains";
import { createSending } from "./domain/send-pace";
import type { Log, Services } from "./domain/services";
import { NO_TRACING } from "./domain/tracing";
import { createWebhookEndpoints } from "./domain/webhook-endpoints";
import { type SelectedTransports, selectTransports } from "./emails/transports/select";
import { type Env, env, isMailDomainChecked, isTracingOn } from "./env";
import { createLog, createLogContext, type LogContext } from "./log";
import { createMetrics, type Metrics } from "./metrics";
import type { ProcessTracing } from "./tracing";

export type ProcessServices = Services & {
  database: DatabaseClient;
  notifications: Notifications;
  metrics: Metrics;
  /** How long this process's registrations took, until it is added to the database. */
  answerTimes: AnswerTimes;
  /** Null: nobody listens. */
  tracer: ProcessTracing | null;
  /** What lines of the log belong to. */
  logContext: LogContext;
};

/** What still waits on connections that were found dead, may have been put on others that are well. */
const LOST_GRACE_SECONDS = 5;

/** Services for one environment. Opens no connection before the first query. */
export function createServices(environment: Env, tracer: ProcessTracing | null = null): ProcessServices {
  const database = openDatabase(environment.DATABASE_URL, environment.DATABASE_POOL_SIZE);
  const logContext = createLogContext();
  const log = createLog(environment.LOG_LEVEL, () => ({ ...logContext.fields(), ...tracer?.ids() }));
  const metrics = createMetrics();
  const selected = selectTransports({
    resendApiKey: environment.RESEND_API_KEY,
    resendBaseUrl: environment.RESEND_BASE_URL,
    smtpUrl: environment.SMTP_URL,
    failover: environment.EMAIL_FAILOVER,
  });
  return {
    database,
    logContext,
    get db() {
      return database.db;
    },
    // It notices a connection that is half open; what waits for an answer over such a one would wait for minutes.
    notifications: openNotifications(environment.DATABASE_URL, log, {
      onLost: () => database.renew(LOST_GRACE_SECONDS),
    }),
    clock: systemClock,
    keys: deriveKeys(environment.APP_SECRET),
    transport: selected.transport,
    failover: watchPreferred(selected, log),
    mailDomains: isMailDomainChecked(environment) ? createMailDomains() : null,
    breachedPasswords: selectBreachedPasswords(environment.HIBP, log),
    intercom: selectIntercom(environment),
    webhooks: selectWebhooks(environment),
    sending: createSending(environment.EMAIL_CONCURRENCY ?? null),
    settings: {
      appUrl: environment.APP_URL.replace(/\/+$/, ""),
      emailFrom: environment.EMAIL_FROM,
      queueDelaySeconds: environment.EMAIL_QUEUE_DELAY,
      retry: {
        maxAttempts: environment.EMAIL_MAX_RETRIES + 1,
        baseSeconds: environment.EMAIL_RETRY_BASE,
        maxSeconds: environment.EMAIL_RETRY_MAX,
      },
      emailTimeoutMs: environment.EMAIL_TIMEOUT * 1000,
      sendsPerSecond: environment.EMAIL_RATE_LIMIT ?? null,
      concurrency: environment.EMAIL_CONCURRENCY ?? null,
      welcomeMail: environment.EMAIL_WELCOME === "on",
      rateLimits: environment.RATE_LIMITS === "on",
      blockDisposable: environment.EMAIL_BLOCK_DISPOSABLE,
      proofOfWork: environment.PROOF_OF_WORK,
      proofAbovePerHour: environment.PROOF_OF_WORK_ABOVE,
      passwordMin: environment.PASSWORD_MIN_LENGTH,
      canaryTo: environment.CANARY_TO ?? null,
    },
    log,
    metrics,
    answerTimes: createAnswerTimes(),
    meter: metrics.meter,
    tracing: tracer ?? NO_TRACING,
    tracer,
  };
}

function selectBreachedPasswords(setting: Env["HIBP"], log: Log): Services["breachedPasswords"] {
  if (setting === "off") return null;
  return createBreachedPasswords(setting === "on" ? HIBP_URL : setting, log);
}

function selectIntercom({ INTERCOM_ACCESS_TOKEN, INTERCOM_BASE_URL }: Env): Services["intercom"] {
  if (!INTERCOM_ACCESS_TOKEN) return null;
  return createIntercom({
    token: INTERCOM_ACCESS_TOKEN,
    baseUrl: INTERCOM_BASE_URL ?? INTERCOM_API,
    clock: systemClock,
  });
}

function selectWebhooks({ WEBHOOK_URLS, WEBHOOK_SECRET }: Env): Services["webhooks"] {
  return WEBHOOK_URLS.length > 0 ? createWebhookEndpoints(WEBHOOK_URLS, WEBHOOK_SECRET) : null;
}

/** Five failures in a row send everybody to the second provider; one mail every 30 s finds out whether the first is back. */
const PROVIDER_BREAKER = { failuresToOpen: 5, openMs: 30_000 };

function watchPreferred({ transport, failover }: SelectedTransports, log: Log): Services["failover"] {
  if (!failover) return null;
  const breaker = createCircuitBreaker(PROVIDER_BREAKER, (from, to) =>
    log.warn({ breaker: to, from, provider: transport.name }, `Circuit breaker of ${transport.name}: ${to}`),
  );
  return { transport: failover, breaker };
}

// Next bundles pages, route handlers and instrumentation apart; they share one process and must share one pool.
const shared = globalThis as typeof globalThis & {
  latchkeyServices?: ProcessServices;
  latchkeyTracer?: ProcessTracing;
};

/**
 * Loads what traces need, where somebody asks for them and nowhere else. To be awaited before services() is called for
 * the first time. Throws EnvironmentError as that does.
 */
export async function prepareTracing(): Promise<void> {
  if (shared.latchkeyTracer || !isTracingOn(env())) return;
  const { createOtlpExporter, createTracing } = await import("./tracing");
  shared.latchkeyTracer = createTracing(createOtlpExporter(env().OTEL_EXPORTER_OTLP_PROTOCOL), (trouble) => {
    if (trouble === null) services().log.info({}, "The collector takes traces again");
    else services().log.warn({ trouble }, "The collector does not take traces; they are dropped meanwhile");
  });
}

/** The services of this process. Throws EnvironmentError at the first call when the environment is not complete. */
export function services(): ProcessServices {
  shared.latchkeyServices ??= createServices(env(), shared.latchkeyTracer ?? null);
  return shared.latchkeyServices;
}
