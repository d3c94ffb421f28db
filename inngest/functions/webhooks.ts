// Our own webhooks: an event becomes one delivery for each endpoint, and each is tried by a run of its own, so that an
// endpoint that is down keeps no other one waiting. Only where WEBHOOK_URLS names one.
import { cron, type Inngest, NonRetriableError, RetryAfterError } from "inngest";
import type { Services } from "../../domain/services";
import {
  announceEvent,
  attemptWebhook,
  requestOverdueWebhooks,
  type WebhookResult,
} from "../../domain/webhooks";
import { deliveryFailed, userConfirmed, userRegistered, webhookRequested } from "../events";

/** The rules count attempts; these are for what does not reach them: a database or an app that is away. */
const RETRIES = 20;
/** Conversations with one endpoint at the same time. */
const AT_ONCE = 5;
const EVERY_FIVE_MINUTES = "*/5 * * * *";

/** Makes the deliveries of one event. */
export function createAnnounceEvent(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "announce-event",
      name: "Announce event to webhooks",
      triggers: [userRegistered, userConfirmed, deliveryFailed],
      retries: RETRIES,
    },
    async ({ event, step }) =>
      step.run("announce", async () => {
        const { type, facts } = told(event);
        const { userId } = event.data;
        const occurredAt = new Date(event.ts ?? services().clock());
        const announced = { eventId: String(event.id), type, userId, facts, occurredAt };
        return { webhooks: await announceEvent(services(), announced) };
      }),
  );
}

type Announced =
  | { name: "user/registered" | "user/confirmed" }
  | { name: "delivery/failed"; data: { deliveryId: string; status: string; reason: string | null } }
  /** By hand, in the engine's page: nothing has happened. */
  | { name: "inngest/function.invoked" };

function told(event: Announced) {
  switch (event.name) {
    // Neither the delivery nor its kind: whether the address has an owner is nobody's business (promise P6).
    case "user/registered":
      return { type: "user.registered", facts: {} } as const;
    case "user/confirmed":
      return { type: "user.confirmed", facts: {} } as const;
    case "delivery/failed": {
      const { deliveryId, status, reason } = event.data;
      const facts = { delivery_id: deliveryId, status, ...(reason === null ? {} : { reason }) };
      return { type: "delivery.failed", facts } as const;
    }
    case "inngest/function.invoked":
      throw new NonRetriableError("Send an event instead of invoking: there is nothing to announce");
  }
}

/** Tries one delivery until it is taken or given up. */
export function createDeliverWebhook(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "deliver-webhook",
      name: "Deliver webhook",
      triggers: [webhookRequested],
      retries: RETRIES,
      concurrency: { limit: AT_ONCE, key: "event.data.endpoint" },
    },
    async ({ event, step }) =>
      step.run("attempt-webhook", async () =>
        outcomeOrThrow(await attemptWebhook(services(), event.data.webhookId)),
      ),
  );
}

function outcomeOrThrow(result: WebhookResult): { outcome: string; attempt?: number } {
  switch (result.outcome) {
    case "delivered":
    case "settled":
      return result;
    // A Date is exact; seconds may come back up to one second early on a real server.
    case "retry":
      throw new RetryAfterError(`Attempt ${result.attempt} failed: ${result.reason}`, result.at);
    case "failed":
      throw new NonRetriableError(`Attempt ${result.attempt} was the last: ${result.reason}`);
  }
}

/** A net for runs that the engine has lost or given up. */
export function createRequestOverdueWebhooks(inngest: Inngest, services: () => Services) {
  return inngest.createFunction(
    {
      id: "request-overdue-webhooks",
      name: "Request overdue webhooks",
      triggers: [cron(EVERY_FIVE_MINUTES)],
      retries: 0,
    },
    async ({ step }) =>
      step.run("request", async () => ({ requested: await requestOverdueWebhooks(services()) })),
  );
}
