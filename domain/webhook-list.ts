// Webhooks as operators see them: newest first, a page at a time, and one with its attempts.
import type { WebhookAttemptRow, WebhookRow, WebhookStatus } from "@/db/schema-outside";
import { webhookStatus } from "@/db/schema-outside";
import {
  countWebhooks,
  findWebhook,
  type ListedWebhook,
  listWebhookAttempts,
  listWebhooks,
} from "@/db/webhooks";
import { addSeconds } from "./clock";
import { PAGE_SIZE, readCursor, writeCursor } from "./delivery-list";
import type { Services } from "./services";
import { messageIdOf, WEBHOOK_REASONS, type WebhookReason, type WebhookRefusal } from "./webhooks";

export const WEBHOOK_STATUSES: readonly WebhookStatus[] = webhookStatus.enumValues;
const DAY_SECONDS = 86_400;

export type WebhookSummary = Omit<ListedWebhook, "reasonCode"> & {
  /** The endpoint's host; null when it is not configured any more. */
  endpointName: string | null;
  reason: WebhookReason | null;
};

/** `older`: the cursor of the next page; null on the last one. */
export type WebhookPage = { webhooks: WebhookSummary[]; older: string | null };

const readReason = (code: string | null): WebhookReason | null =>
  WEBHOOK_REASONS.find((reason) => reason === code) ?? null;

const nameOf = ({ webhooks }: Services, endpoint: string): string | null =>
  webhooks?.list.find(({ id }) => id === endpoint)?.name ?? null;

export async function browseWebhooks(
  services: Services,
  {
    status,
    cursor,
    size = PAGE_SIZE,
  }: { status?: WebhookStatus | undefined; cursor?: string | undefined; size?: number },
): Promise<WebhookPage> {
  const after = cursor === undefined ? undefined : (readCursor(cursor) ?? undefined);
  const rows = await listWebhooks(services.db, { status, after, limit: size + 1 });
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    webhooks: shown.map(({ reasonCode, ...row }) => ({
      ...row,
      endpointName: nameOf(services, row.endpoint),
      reason: readReason(reasonCode),
    })),
    older: last && rows.length > size ? writeCursor({ createdAt: last.occurredAt, id: last.id }) : null,
  };
}

export type EndpointOverview = { name: string; lastDay: Partial<Record<WebhookStatus, number>> };

/** Every configured endpoint, and how the events of the last day stand there. */
export async function readEndpoints(services: Services): Promise<EndpointOverview[]> {
  const counts = await countWebhooks(services.db, addSeconds(services.clock(), -DAY_SECONDS));
  return (services.webhooks?.list ?? []).map(({ id, name }) => ({
    name,
    lastDay: Object.fromEntries(
      counts.filter(({ endpoint }) => endpoint === id).map(({ status, count }) => [status, count]),
    ),
  }));
}

export type ExplainedWebhook = {
  webhook: WebhookRow;
  messageId: string;
  endpointName: string | null;
  attempts: (Omit<WebhookAttemptRow, "reasonCode"> & { reason: WebhookReason | null })[];
  /** Null where it may be sent anew, else why not. */
  replay: WebhookRefusal | null;
};

/** Everything about one; null when there is none of that id. */
export async function explainWebhook(services: Services, id: string): Promise<ExplainedWebhook | null> {
  const webhook = await findWebhook(services.db, id);
  if (!webhook) return null;
  const attempts = await listWebhookAttempts(services.db, id);
  const endpointName = nameOf(services, webhook.endpoint);
  return {
    webhook,
    messageId: messageIdOf(webhook),
    endpointName,
    attempts: attempts.map(({ reasonCode, ...row }) => ({ ...row, reason: readReason(reasonCode) })),
    replay:
      webhook.status === "waiting" ? "still_waiting" : endpointName === null ? "unknown_endpoint" : null,
  };
}
