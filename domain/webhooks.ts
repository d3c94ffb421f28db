// Telling others what happened: one row for each event and endpoint, tried until the endpoint says 2xx or the schedule
// is over. At least once, in any order; receivers know doubles by `webhook-id`. What is told is ids and states only
// (docs/decisions/030), the same for an address that has an owner and one that has none (promise P6).
import { randomUUID } from "node:crypto";
import type { Executor } from "@/db/client";
import { insertOutboxRow } from "@/db/outbox";
import type { WebhookRow, WebhookType } from "@/db/schema-outside";
import { holdUser } from "@/db/users";
import {
  beginWebhookAttempt,
  endWebhookAttempt,
  findWebhook,
  giveUpWebhook,
  insertWebhooks,
  reopenWebhook,
  takeOverdueWebhooks,
} from "@/db/webhooks";
import { parseRetryAfter } from "@/emails/transports/retry-after";
import { recordAudit } from "./audit-log";
import { addSeconds } from "./clock";
import { WEBHOOK_REQUESTED } from "./events";
import type { Services } from "./services";
import { carryTrace } from "./tracing";
import type { WebhookAnswer } from "./webhook-endpoints";

/** After the first attempt: 17 hours and a half in all, as Standard Webhooks recommends. A claim's rows live longer. */
const WAITS_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000];
const ATTEMPTS = WAITS_SECONDS.length + 1;
const DAY_SECONDS = 86_400;
/** Longer than an attempt takes: then its worker has died. */
const BACK_WITHIN_SECONDS = 60;

export type AnnouncedEvent = {
  /** The engine's event id. */
  eventId: string;
  type: WebhookType;
  userId: string;
  /** Beside the user's id. */
  facts: Record<string, string>;
  occurredAt: Date;
};

/**
 * Makes a row for each endpoint that has none yet, and asks the engine to deliver it. Returns how many that were; 0 too
 * when the person is gone. Doing it again changes nothing.
 */
export async function announceEvent(services: Services, event: AnnouncedEvent): Promise<number> {
  const { db, clock, webhooks } = services;
  const now = clock();
  const { eventId, type, userId, facts, occurredAt } = event;
  return db.transaction(async (tx) => {
    if (!(await holdUser(tx, userId))) return 0;
    const rows = (webhooks?.list ?? []).map(({ id: endpoint }) => ({
      id: randomUUID(),
      eventId,
      type,
      endpoint,
      userId,
      data: { user_id: userId, ...facts },
      occurredAt,
      maxAttempts: ATTEMPTS,
      nextAttemptAt: now,
    }));
    const made = await insertWebhooks(tx, rows);
    for (const row of made) await requestDelivery(services, tx, row, now);
    return made.length;
  });
}

/** Writes the event that starts a delivery. Returns the outbox row's id. */
async function requestDelivery(
  { tracing }: Services,
  tx: Executor,
  { id, endpoint }: WebhookRow,
  now: Date,
): Promise<string> {
  const outboxId = randomUUID();
  const data = { webhookId: id, endpoint, ...carryTrace(tracing) };
  await insertOutboxRow(tx, { id: outboxId, name: WEBHOOK_REQUESTED, data, createdAt: now }, 0);
  return outboxId;
}

/** Why an endpoint did not take an event; each has words in messages/en/ops.json. */
export const WEBHOOK_REASONS = [
  "timeout",
  "connection_refused",
  "connection_lost",
  "host_not_found",
  "unreachable",
  "tls_failed",
  "redirected",
  "refused",
  "gone",
  "unknown_endpoint",
] as const;
export type WebhookReason = (typeof WEBHOOK_REASONS)[number];

export type WebhookResult =
  | { outcome: "delivered"; attempt: number }
  /** Nothing to do: delivered or given up before, or its person was erased. */
  | { outcome: "settled" }
  | { outcome: "retry"; attempt: number; at: Date; reason: WebhookReason }
  | { outcome: "failed"; attempt: number; reason: WebhookReason };

/** Makes the next attempt. Never throws for what the endpoint does; throws when the database is away. */
export async function attemptWebhook(services: Services, webhookId: string): Promise<WebhookResult> {
  const { db, clock, log } = services;
  const startedAt = clock();
  const backBy = addSeconds(startedAt, BACK_WITHIN_SECONDS);
  const row = await beginWebhookAttempt(db, webhookId, { now: startedAt, backBy });
  if (!row) return { outcome: "settled" };
  const attempt = row.attemptCount;
  const facts = { webhookId, type: row.type, endpoint: row.endpoint, attempt };
  const message = { id: messageIdOf(row), body: bodyOf(row), at: startedAt };
  const answer = await services.tracing.span(
    "post webhook",
    { kind: "client", facts: { "latchkey.webhook.id": webhookId, "latchkey.webhook.attempt": attempt } },
    async (span) => {
      const said = (await services.webhooks?.post(row.endpoint, message)) ?? null;
      if (said?.kind === "answer") span.add({ "http.response.status_code": said.status });
      const reason = judge(said);
      if (reason !== null) span.fail(reason);
      return said;
    },
  );
  const now = clock();
  const httpStatus = answer?.kind === "answer" ? answer.status : null;
  const end = (reasonCode: string | null, next: Parameters<typeof endWebhookAttempt>[2]["next"]) =>
    endWebhookAttempt(db, { webhookId, number: attempt }, { now, httpStatus, reasonCode, next });

  const reason = judge(answer);
  if (reason === null) {
    await end(null, { status: "delivered" });
    log.info(facts, `Webhook ${row.type} delivered`);
    return { outcome: "delivered", attempt };
  }
  const wait = decideWait(row, reason, answer, now);
  if (wait === null) {
    await end(reason, { status: "failed" });
    log.error({ ...facts, reason, httpStatus }, `Webhook ${row.type} given up: ${reason}`);
    return { outcome: "failed", attempt, reason };
  }
  const at = addSeconds(now, wait);
  await end(reason, { status: "waiting", at });
  log.warn(
    { ...facts, reason, httpStatus, nextAttemptAt: at },
    `Webhook ${row.type} was not taken: ${reason}`,
  );
  return { outcome: "retry", attempt, at, reason };
}

/** Null for a yes. A redirect is no yes: what was signed for one place must not be taken to another. */
function judge(answer: WebhookAnswer | null): WebhookReason | null {
  if (!answer) return "unknown_endpoint";
  if (answer.kind === "broken") return answer.reason;
  if (answer.status >= 200 && answer.status < 300) return null;
  if (answer.status === 410) return "gone";
  return answer.status >= 300 && answer.status < 400 ? "redirected" : "refused";
}

/** Seconds until the next attempt, or null to give up. `Retry-After` counts where it is longer than the schedule. */
function decideWait(
  { attemptCount, maxAttempts }: WebhookRow,
  reason: WebhookReason,
  answer: WebhookAnswer | null,
  now: Date,
): number | null {
  if (reason === "gone" || reason === "unknown_endpoint") return null;
  const scheduled = WAITS_SECONDS[ATTEMPTS - 1 - (maxAttempts - attemptCount)];
  if (scheduled === undefined) return null;
  const isAsked = answer?.kind === "answer" && (answer.status === 429 || answer.status === 503);
  const asked = isAsked ? (parseRetryAfter(answer.retryAfter, now) ?? 0) : 0;
  return Math.min(Math.max(scheduled, asked), DAY_SECONDS);
}

/** The same for every endpoint and attempt, and when an operator sends it anew. */
export const messageIdOf = ({ eventId }: Pick<WebhookRow, "eventId">): string => `evt_${eventId}`;

/** Built in one order, so that it is the same to the byte each time. */
export function bodyOf({ type, occurredAt, data }: Pick<WebhookRow, "type" | "occurredAt" | "data">): string {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ type, timestamp: occurredAt.toISOString(), data: sorted });
}

export const WEBHOOK_REFUSALS = ["unknown_webhook", "still_waiting", "unknown_endpoint"] as const;
export type WebhookRefusal = (typeof WEBHOOK_REFUSALS)[number];
export type WebhookReplay =
  | { outcome: "replayed"; outboxId: string }
  | { outcome: "refused"; code: WebhookRefusal };

/**
 * Sends an event to its endpoint once more, under the same id, with the whole schedule before it. For one that was
 * given up, and for one that the endpoint took and lost. Refused while it waits, and when the endpoint is not
 * configured any more.
 */
export async function replayWebhook(services: Services, webhookId: string): Promise<WebhookReplay> {
  const known = await findWebhook(services.db, webhookId);
  if (!known) return { outcome: "refused", code: "unknown_webhook" };
  const isConfigured = services.webhooks?.list.some(({ id }) => id === known.endpoint) ?? false;
  if (!isConfigured) return { outcome: "refused", code: "unknown_endpoint" };
  const now = services.clock();
  return services.db.transaction(async (tx): Promise<WebhookReplay> => {
    const row = await reopenWebhook(tx, webhookId, ATTEMPTS, now);
    if (!row) return { outcome: "refused", code: "still_waiting" };
    await recordAudit(services, tx, {
      type: "webhook_replayed",
      actor: "operator",
      userId: row.userId,
      details: { webhookId },
    });
    return { outcome: "replayed", outboxId: await requestDelivery(services, tx, row, now) };
  });
}

/** An engine is that much late before it counts as having lost a run. */
const OVERDUE_SECONDS = 600;
const OVERDUE_BATCH = 100;

/** Asks the engine once more for those whose run it has lost or given up. Returns how many that were. */
export async function requestOverdueWebhooks(services: Services): Promise<number> {
  const now = services.clock();
  return services.db.transaction(async (tx) => {
    const rows = await takeOverdueWebhooks(tx, {
      dueBefore: addSeconds(now, -OVERDUE_SECONDS),
      now,
      limit: OVERDUE_BATCH,
    });
    for (const row of rows) {
      // Attempts whose workers died count too: an event must not be tried for ever.
      if (row.attemptCount >= row.maxAttempts) await giveUpWebhook(tx, row.id, now);
      else await requestDelivery(services, tx, row, now);
    }
    if (rows.length > 0)
      services.log.warn({ webhooks: rows.length }, "Webhooks are overdue; the engine is asked anew");
    return rows.length;
  });
}
