// Deliveries as operators look at them: filtered, newest first, a page at a time by key. Pages deep in a million rows
// cost what the first one costs; every filter has an index (schema.ts).
import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Executor } from "./client";
import { CLAIM_KINDS, isNotice, isOfClaim } from "./delivery-kinds";
import { type DeliveryRow, deliveries, deliveryAttempts, users } from "./schema";

/** Where a page ends: the next one begins with what comes after it. */
export type PageKey = { createdAt: Date; id: string };

export type DeliveryFilter = {
  statuses?: readonly DeliveryRow["status"][];
  /** With an attempt by this provider. */
  provider?: string;
  /** With an attempt that failed in this class; beside `provider`: one by that provider. */
  errorClass?: string;
  /** Queued then or later. */
  since?: Date;
  /** Queued before. */
  before?: Date;
  address?: AddressPattern;
};

/** What a masked address tells: its domain, how it begins and ends; `isShort`: three characters or fewer before the @. */
export type AddressPattern = {
  domain: string;
  local: { first: string; last: string; isShort: boolean } | null;
};

export type ListedDelivery = Pick<
  DeliveryRow,
  | "id"
  | "userId"
  | "kind"
  | "recipient"
  | "status"
  | "attemptCount"
  | "lostCount"
  | "pacedCount"
  | "maxAttempts"
  | "nextAttemptAt"
  | "reasonCode"
  | "createdAt"
> & {
  /** Of the newest attempt; null before the first. */
  provider: string | null;
  /** Of the newest attempt that failed; null when none did. */
  errorClass: string | null;
};

/** Up to `limit` deliveries, newest first; those queued at the same instant by id. */
export async function listDeliveries(
  executor: Executor,
  filter: DeliveryFilter,
  page: { after?: PageKey | undefined; limit: number },
): Promise<ListedDelivery[]> {
  const found =
    filter.provider === undefined && filter.errorClass === undefined
      ? findByDelivery(executor, filter, page)
      : findByAttempt(executor, filter, page);
  return executor
    .select({
      id: deliveries.id,
      userId: deliveries.userId,
      kind: deliveries.kind,
      recipient: deliveries.recipient,
      status: deliveries.status,
      attemptCount: deliveries.attemptCount,
      lostCount: deliveries.lostCount,
      pacedCount: deliveries.pacedCount,
      maxAttempts: deliveries.maxAttempts,
      nextAttemptAt: deliveries.nextAttemptAt,
      reasonCode: deliveries.reasonCode,
      createdAt: deliveries.createdAt,
      provider: sql<string | null>`(select a.provider from ${deliveryAttempts} a
        where a.delivery_id = ${deliveries.id} order by a.number desc limit 1)`,
      errorClass: sql<string | null>`(select a.error_class from ${deliveryAttempts} a
        where a.delivery_id = ${deliveries.id} and a.error_class is not null order by a.number desc limit 1)`,
    })
    .from(deliveries)
    .innerJoin(found, eq(found.id, deliveries.id))
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id));
}

type Page = { after?: PageKey | undefined; limit: number };

function findByDelivery(executor: Executor, filter: DeliveryFilter, { after, limit }: Page) {
  const { createdAt, id } = deliveries;
  return executor
    .select({ id: deliveries.id, createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(
      and(...conditionsOf(filter), ...isWithin(createdAt, filter), after && comesAfter(createdAt, id, after)),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit)
    .as("found");
}

/**
 * From the attempts, which lie in the order of their deliveries: with a provider that was left months ago, or a rare
 * class of error, going through the deliveries would go through nearly all of them.
 */
function findByAttempt(executor: Executor, filter: DeliveryFilter, { after, limit }: Page) {
  const { provider, errorClass } = filter;
  const { queuedAt, deliveryId } = deliveryAttempts;
  return executor
    .selectDistinct({ id: deliveryAttempts.deliveryId, createdAt: deliveryAttempts.queuedAt })
    .from(deliveryAttempts)
    .innerJoin(deliveries, eq(deliveries.id, deliveryId))
    .where(
      and(
        provider === undefined ? undefined : eq(deliveryAttempts.provider, provider),
        errorClass === undefined ? undefined : eq(deliveryAttempts.errorClass, errorClass),
        ...conditionsOf(filter),
        ...isWithin(queuedAt, filter),
        after && comesAfter(queuedAt, deliveryId, after),
      ),
    )
    .orderBy(desc(queuedAt), desc(deliveryId))
    .limit(limit)
    .as("found");
}

const comesAfter = (at: PgColumn, key: PgColumn, { createdAt, id }: PageKey): SQL =>
  sql`(${at}, ${key}) < (${createdAt.toISOString()}::timestamptz, ${id}::uuid)`;

const isWithin = (at: PgColumn, { since, before }: DeliveryFilter) => [
  since && gte(at, since),
  before && lt(at, before),
];

function conditionsOf({ statuses, address }: DeliveryFilter): (SQL | undefined)[] {
  return [
    statuses && statuses.length > 0 ? inArray(deliveries.status, [...statuses]) : undefined,
    address && matches(address),
  ];
}

/** First and last character as the index has them (schema.ts). */
function matches({ domain, local }: AddressPattern): SQL | undefined {
  const isOfDomain = sql`split_part(${deliveries.recipient}, '@', 2) = ${domain}`;
  if (!local) return isOfDomain;
  const name = sql`split_part(${deliveries.recipient}, '@', 1)`;
  return and(
    isOfDomain,
    sql`left(${deliveries.recipient}, 1) = ${local.first}`,
    local.isShort
      ? sql`char_length(${name}) <= 3`
      : sql`right(${name}, 1) = ${local.last} and char_length(${name}) > 3`,
  );
}

export type OpenCounts = {
  queued: number;
  sending: number;
  retrying: number;
  /** When the oldest mail that is not sent yet was queued; null when none waits. */
  oldestQueuedAt: Date | null;
  /** When the next planned attempt is due; in the past when it is late; null when none is planned. */
  nextAttemptAt: Date | null;
};

/** What is under way now. */
export async function countOpenDeliveries(executor: Executor): Promise<OpenCounts> {
  const of = (status: DeliveryRow["status"]) =>
    sql<number>`count(*) filter (where ${deliveries.status} = ${status})::int`;
  const [row] = await executor
    .select({
      queued: of("queued"),
      sending: of("sending"),
      retrying: of("retrying"),
      oldestQueuedAt: sql`min(${deliveries.createdAt})`.mapWith(deliveries.createdAt),
      nextAttemptAt: sql`min(${deliveries.nextAttemptAt})`.mapWith(deliveries.nextAttemptAt),
    })
    .from(deliveries)
    .where(inArray(deliveries.status, ["queued", "sending", "retrying"]));
  return row ?? { queued: 0, sending: 0, retrying: 0, oldestQueuedAt: null, nextAttemptAt: null };
}

/** How many mails queued since then stand where, the canary's left out. States that none is in are left out. */
export async function countByStatus(
  executor: Executor,
  since: Date,
): Promise<Partial<Record<DeliveryRow["status"], number>>> {
  const rows = await executor
    .select({ status: deliveries.status, count: sql<number>`count(*)::int` })
    .from(deliveries)
    .where(and(gte(deliveries.createdAt, since), eq(deliveries.isCanary, false)))
    .groupBy(deliveries.status);
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** No delivery is open longer: a claim ends after a day, and a notice after its last retry. */
const OPEN_DAYS_MAX = 2;

/**
 * Mails given up at `since` or later that somebody still waits for: of a claim that is open, or of an account, and
 * with no newer one in their place. Oldest first, after `after`.
 */
export async function listFailedToReplay(
  executor: Executor,
  { since, now, after, limit }: { since: Date; now: Date; after: PageKey | null; limit: number },
): Promise<PageKey[]> {
  const earliest = new Date(since.getTime() - OPEN_DAYS_MAX * 86_400_000);
  return executor
    .select({ id: deliveries.id, createdAt: deliveries.createdAt })
    .from(deliveries)
    .innerJoin(users, eq(users.id, deliveries.userId))
    .where(
      and(
        eq(deliveries.status, "failed"),
        gte(deliveries.createdAt, earliest),
        gte(deliveries.settledAt, since),
        or(
          and(isNotice(), isNotNull(users.emailConfirmedAt)),
          and(
            isOfClaim(),
            isNull(users.emailConfirmedAt),
            sql`${users.claimExpiresAt} > ${now.toISOString()}`,
          ),
        ),
        sql`not exists (select 1 from ${deliveries} newer where newer.user_id = ${deliveries.userId}
          and (newer.created_at, newer.id) > (${deliveries.createdAt}, ${deliveries.id})
          and (newer.kind = ${deliveries.kind} or (newer.kind in ${CLAIM_KINDS} and ${isOfClaim()})))`,
        after
          ? sql`(${deliveries.createdAt}, ${deliveries.id}) > (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(asc(deliveries.createdAt), asc(deliveries.id))
    .limit(limit);
}
