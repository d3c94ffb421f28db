// "You already have an account": which mail has told an owner lately, and what the deliveries that stand for it show.
import { and, desc, eq, gt, inArray, isNotNull, isNull, ne, notInArray, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { inOneRoundTrip } from "./round-trip";
import { type DeliveryRow, deliveries, deliveryAttempts, providerEvents, rateLimits } from "./schema";

/** Keeps these locks apart from others on the same text. */
const NOTICE_LOCKS = 4_712;

/** When an attempt told somebody, or may have. */
const toldAt = sql`coalesce(${deliveryAttempts.endedAt}, ${deliveryAttempts.startedAt})`;
const isAccepted = eq(deliveryAttempts.outcome, "accepted");

/**
 * Of a delivery and one of its attempts: an owner was told by it after `since`, may have been, or is being told right
 * now. The ledger says so, whatever became of the delivery: one that was called off in the middle of its conversation
 * has told them all the same. One that came back has told nobody.
 */
const hasTold = (since: Date) =>
  and(
    eq(deliveries.kind, "existing_account"),
    eq(deliveryAttempts.isRehearsal, false),
    gt(toldAt, since.toISOString()),
    // Accepted; under way; or nobody knows, since its worker died or its reply was lost.
    or(
      isAccepted,
      isNull(deliveryAttempts.outcome),
      eq(deliveryAttempts.outcome, "lost"),
      eq(deliveryAttempts.errorClass, "ambiguous"),
    ),
    notInArray(deliveries.status, ["bounced", "suppressed"]),
    sql`(${deliveries.status} <> 'failed' or ${deliveries.reasonCode} is distinct from 'failed')`,
  );

/**
 * What has told the owner of this delivery's address since `since`, may have, or is telling them right now; null when
 * nothing has. `id`: that delivery, null when its rows are gone (keepNotices, under `keptKey`). Deliveries to one
 * address ask one by one until the transaction ends, so that of two that begin at once the second sees the first.
 */
export async function findOwnerNotice(
  executor: Executor,
  delivery: Pick<DeliveryRow, "id" | "recipient">,
  { since, keptKey }: { since: Date; keptKey: string },
): Promise<{ id: string | null } | null> {
  const { id, recipient } = delivery;
  const find = executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .innerJoin(deliveryAttempts, eq(deliveryAttempts.deliveryId, deliveries.id))
    .where(and(eq(deliveries.recipient, recipient), ne(deliveries.id, id), hasTold(since)))
    .orderBy(desc(isAccepted), desc(toldAt))
    .limit(1);
  const isKept = sql`exists (select 1 from ${rateLimits}
    where ${rateLimits.key} = ${keptKey} and ${since.toISOString()}::timestamptz < any(${rateLimits.hits}))`;
  const [, [row]] = await inOneRoundTrip([
    () =>
      executor.execute(sql`select pg_advisory_xact_lock(hashtextextended(${recipient}, ${NOTICE_LOCKS}))`),
    () =>
      executor.execute<{ id: string | null; is_kept: boolean }>(
        sql`select ${find} as id, ${isKept} as is_kept`,
      ),
  ]);
  return row && (row.id !== null || row.is_kept) ? { id: row.id } : null;
}

/**
 * Keeps under the key of each recipient, for `keptSeconds`, when its owner was last told by a mail of these users since
 * `since`. One statement, whether any was.
 */
export async function keepNotices(
  executor: Executor,
  {
    userIds,
    kept,
    since,
    keptSeconds,
  }: {
    userIds: readonly string[];
    kept: readonly { recipient: string; key: string }[];
    since: Date;
    keptSeconds: number;
  },
): Promise<void> {
  if (kept.length === 0) return;
  // Rows of limits are locked in the order of their keys.
  const inOrder = [...kept].sort((a, b) => (a.key < b.key ? -1 : 1));
  const keys = sql.join(
    inOrder.map(({ recipient, key }) => sql`(${recipient}, ${key})`),
    sql`, `,
  );
  const lastTold = executor
    .select({ at: sql`max(${toldAt})`.as("at") })
    .from(deliveries)
    .innerJoin(deliveryAttempts, eq(deliveryAttempts.deliveryId, deliveries.id))
    .where(
      and(
        inArray(deliveries.userId, [...userIds]),
        eq(deliveries.recipient, sql`kept.recipient`),
        hasTold(since),
      ),
    );
  await executor.execute(sql`insert into ${rateLimits} (key, hits, ends_at)
    select kept.key, array[told.at], told.at + make_interval(secs => ${keptSeconds})
    from (values ${keys}) kept (recipient, key) cross join lateral ${lastTold} told
    where told.at is not null order by kept.key
    on conflict (key) do update set hits = excluded.hits, ends_at = excluded.ends_at
      where excluded.ends_at > rate_limits.ends_at`);
}

/** Whether the newest attempt at a delivery was handed to nobody from the start. */
export async function isRehearsed(executor: Executor, deliveryId: string): Promise<boolean> {
  const [row] = await executor
    .select({ isRehearsal: deliveryAttempts.isRehearsal })
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(desc(deliveryAttempts.number))
    .limit(1);
  return row?.isRehearsal ?? false;
}

/**
 * The deliveries that stand for `noticeId` and whose end nobody has seen by `now`, locked: those that are `sent`, and
 * those whose end shows later.
 */
export async function lockUnseenStandIns(
  executor: Executor,
  noticeId: string,
  now: Date,
): Promise<DeliveryRow[]> {
  return executor
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.standsForId, noticeId),
        or(
          eq(deliveries.status, "sent"),
          and(inArray(deliveries.status, ["delivered", "bounced"]), gt(deliveries.endShownFrom, now)),
        ),
      ),
    )
    .orderBy(deliveries.id)
    .for("update");
}

/**
 * Milliseconds from acceptance to arrival of the newest mails to a domain, or to any when `domain` is null. Without
 * those that stand for another one.
 */
export async function listDeliveryTimes(
  executor: Executor,
  domain: string | null,
  limit: number,
): Promise<number[]> {
  const rows = await executor
    .select({ sentAt: deliveries.sentAt, deliveredAt: deliveries.deliveredAt })
    .from(deliveries)
    .where(
      and(
        domain === null ? undefined : eq(sql`split_part(${deliveries.recipient}, '@', 2)`, domain),
        isNotNull(deliveries.sentAt),
        isNotNull(deliveries.deliveredAt),
        isNull(deliveries.standsForId),
      ),
    )
    .orderBy(desc(deliveries.createdAt))
    .limit(limit);
  return rows.map(({ sentAt, deliveredAt }) =>
    Math.max(0, (deliveredAt?.getTime() ?? 0) - (sentAt?.getTime() ?? 0)),
  );
}

/** The same of the newest mails that stand for another one: until the provider's sink had them. Without `exceptId`. */
export async function listSinkTimes(executor: Executor, exceptId: string, limit: number): Promise<number[]> {
  const rows = await executor
    .select({ sentAt: deliveries.sentAt, receivedAt: providerEvents.receivedAt })
    .from(deliveries)
    .innerJoin(
      providerEvents,
      and(eq(providerEvents.deliveryId, deliveries.id), eq(providerEvents.type, "delivered")),
    )
    .where(and(isNotNull(deliveries.standsForId), isNotNull(deliveries.sentAt), ne(deliveries.id, exceptId)))
    .orderBy(desc(deliveries.createdAt))
    .limit(limit);
  return rows.map(({ sentAt, receivedAt }) => Math.max(0, receivedAt.getTime() - (sentAt?.getTime() ?? 0)));
}
