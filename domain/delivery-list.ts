// Deliveries as operators see them: addresses masked, newest first, a page at a time; and what is under way now.

import type { AddressPattern, ListedDelivery, OpenCounts, PageKey } from "@/db/delivery-list";
import { countByStatus, countOpenDeliveries, type DeliveryFilter, listDeliveries } from "@/db/delivery-list";
import { deliveryStatus } from "@/db/schema";
import type { FailureClass } from "@/emails/transport";
import { addSeconds } from "./clock";
import type { DeliveryStatus } from "./confirmation-state";
import { countTries } from "./delivery-status";
import { maskEmail, normalizeEmail } from "./email-address";
import type { Services } from "./services";

export type { DeliveryFilter } from "@/db/delivery-list";

export const DELIVERY_STATUSES: readonly DeliveryStatus[] = deliveryStatus.enumValues;

export const FAILURE_CLASSES = [
  "transient",
  "permanent",
  "ambiguous",
  "ours",
] as const satisfies readonly FailureClass[];

export const PAGE_SIZE = 50;

/** A delivery in a list. `address` is masked; `attempt` leaves out attempts that used up no try. */
export type DeliverySummary = Omit<
  ListedDelivery,
  "recipient" | "attemptCount" | "lostCount" | "pacedCount"
> & {
  address: string;
  attempt: number;
};

/** `older`: the cursor of the next page; null on the last one. */
export type DeliveryPage = { deliveries: DeliverySummary[]; older: string | null };

/** One page of deliveries, newest first, those of one instant by id. `cursor`: `older` of the page before. */
export async function browseDeliveries(
  services: Services,
  filter: DeliveryFilter,
  { cursor, size = PAGE_SIZE }: { cursor?: string | undefined; size?: number } = {},
): Promise<DeliveryPage> {
  const after = cursor === undefined ? undefined : (readCursor(cursor) ?? undefined);
  // One more than is shown, to know whether there is an older page.
  const rows = await listDeliveries(services.db, filter, { after, limit: size + 1 });
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { deliveries: shown.map(summarize), older: last && rows.length > size ? writeCursor(last) : null };
}

function summarize(listed: ListedDelivery): DeliverySummary {
  const { recipient, attemptCount, lostCount, pacedCount, ...row } = listed;
  return { ...row, address: maskEmail(recipient), attempt: countTries(listed) };
}

export const writeCursor = ({ createdAt, id }: PageKey) => `${createdAt.getTime().toString(36)}.${id}`;

const CURSOR = /^([0-9a-z]{1,9})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Null for what is no cursor of ours. */
export function readCursor(cursor: string): PageKey | null {
  const [, time, id] = CURSOR.exec(cursor) ?? [];
  return time && id ? { createdAt: new Date(Number.parseInt(time, 36)), id } : null;
}

/**
 * What an operator types to find an address: one as lists show it (`a…e@example.com`; three dots do too), a whole one,
 * which finds all that look like it masked, or `@example.com` for a whole domain. Null when it is none of these.
 */
export function readAddressPattern(typed: string): AddressPattern | null {
  const text = typed.trim().toLowerCase().replace("...", "…");
  const at = text.lastIndexOf("@");
  if (at < 0) return null;
  if (at === 0) {
    const domain = normalizeEmail(`x${text}`)?.slice(2);
    return domain ? { domain, local: null } : null;
  }
  const masked = text.includes("…") ? text : maskEmail(normalizeEmail(text) ?? "");
  const [, first, last, rest] = /^(.)…(.?)@(.+)$/u.exec(masked) ?? [];
  const domain = rest && normalizeEmail(`x@${rest}`)?.slice(2);
  if (!first || !domain) return null;
  return { domain, local: { first, last: last ?? "", isShort: !last } };
}

/** The other way round, for a page's address, which must not hold a whole address of somebody's. */
export function writeAddressPattern({ domain, local }: AddressPattern): string {
  return `${local ? `${local.first}…${local.last}` : ""}@${domain}`;
}

export type Overview = OpenCounts & {
  /** Seconds that the oldest mail which is not sent yet has waited; null when none waits. */
  oldestWaitSeconds: number | null;
  /** How many mails queued within the last day stand where; removed ones are left out (success-figures.ts has them). */
  lastDay: Partial<Record<DeliveryStatus, number>>;
};

const DAY_SECONDS = 86_400;

/** What is under way now, and what became of the last day's mails. */
export async function readOverview(services: Services): Promise<Overview> {
  const now = services.clock();
  const [open, lastDay] = await Promise.all([
    countOpenDeliveries(services.db),
    countByStatus(services.db, addSeconds(now, -DAY_SECONDS)),
  ]);
  const { oldestQueuedAt } = open;
  const waitMs = oldestQueuedAt && now.getTime() - oldestQueuedAt.getTime();
  return {
    ...open,
    lastDay,
    oldestWaitSeconds: waitMs === null ? null : Math.max(0, Math.floor(waitMs / 1000)),
  };
}
