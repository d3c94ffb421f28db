// The webhooks' filter in their page's address, both ways.
import "server-only";
import { isGiven } from "@/app/_ops/filter";
import type { WebhookStatus } from "@/db/schema-outside";
import { WEBHOOK_STATUSES } from "@/domain/webhook-list";

const ADDRESS = "/ops/webhooks";

/** `isUnread`: a state was given and is none; the page says so. */
export function readWebhookFilter(given: Record<string, unknown>): {
  status: WebhookStatus | undefined;
  isUnread: boolean;
} {
  const status = WEBHOOK_STATUSES.find((known) => known === given.status);
  return { status, isUnread: status === undefined && isGiven(given.status) };
}

export function webhooksLocation(status?: WebhookStatus, after?: string): string {
  const query = new URLSearchParams({ ...(status ? { status } : {}), ...(after ? { after } : {}) });
  return query.size > 0 ? `${ADDRESS}?${query}` : ADDRESS;
}
