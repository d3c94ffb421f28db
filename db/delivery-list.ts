// Deliveries as operators look at them: filtered, newest first, a page at a time by key. Pages deep in a million rows
// cost what the first one costs; every filter has an index (schema.ts).
import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { isNotice } from "./notices";
import { type DeliveryRow, deliveries, deliveryAttempts, users } from "./schema";

/** Where a page ends: the next one begins with what comes after it. */
export type PageKey = { createdAt: Date; id: string };

export type DeliveryFilter = {
  statuses?: readonly DeliveryRow["status"][];
  /** With an attempt by this provider. */
  provider?: string;
  /** With an attempt that failed in this class. */
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
  { after, limit }: { after?: PageKey | undefined; limit: number },
): Promise<ListedDelivery[]> {
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
    .where(and(...conditionsOf(filter), after && comesAfter(after)))
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(limit);
}

const comesAfter = ({ createdAt, id }: PageKey): SQL =>
  sql`(${deliveries.createdAt}, ${deliveries.id}) < (${createdAt.toISOString()}::timestamptz, ${id}::uuid)`;

function conditionsOf(filter: DeliveryFilter): (SQL | undefined)[] {
  const { statuses, provider, errorClass, since, before, address } = filter;
  const hasAttempt = (condition: SQL) =>
    sql`${deliveries.id} in (select a.delivery_id from ${deliveryAttempts} a where ${condition})`;
  return [
    statuses && statuses.length > 0 ? inArray(deliveries.status, [...statuses]) : undefined,
    provider === undefined ? undefined : hasAttempt(sql`a.provider = ${provider}`),
    errorClass === undefined ? undefined : hasAttempt(sql`a.error_class = ${errorClass}`),
    since && gte(deliveries.createdAt, since),
    before && lt(deliveries.createdAt, before),
    address && matches(address),
  ];
}

function matches({ domain, local }: AddressPattern): SQL | undefined {
  const isOfDomain = sql`split_part(${deliveries.recipient}, '@', 2) = ${domain}`;
  if (!local) return isOfDomain;
  const name = sql`split_part(${deliveries.recipient}, '@', 1)`;
  return and(
    isOfDomain,
    sql`left(${name}, ${local.first.length}) = ${local.first}`,
    sql`right(${name}, ${local.last.length}) = ${local.last}`,
    local.isShort ? sql`char_length(${name}) <= 3` : sql`char_length(${name}) > 3`,
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

/** How many mails queued since then stand where. States that none is in are left out. */
export async function countByStatus(
  executor: Executor,
  since: Date,
): Promise<Partial<Record<DeliveryRow["status"], number>>> {
  const rows = await executor
    .select({ status: deliveries.status, count: sql<number>`count(*)::int` })
    .from(deliveries)
    .where(gte(deliveries.createdAt, since))
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
          and(isNotice(deliveries.kind), isNotNull(users.emailConfirmedAt)),
          and(
            not(isNotice(deliveries.kind)),
            isNull(users.emailConfirmedAt),
            sql`${users.claimExpiresAt} > ${now.toISOString()}`,
          ),
        ),
        sql`not exists (select 1 from ${deliveries} newer where newer.user_id = ${deliveries.userId}
          and (newer.created_at, newer.id) > (${deliveries.createdAt}, ${deliveries.id})
          and (newer.kind = ${deliveries.kind} or not (${isNotice(sql`newer.kind`)} or ${isNotice(deliveries.kind)})))`,
        after
          ? sql`(${deliveries.createdAt}, ${deliveries.id}) > (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(asc(deliveries.createdAt), asc(deliveries.id))
    .limit(limit);
}
