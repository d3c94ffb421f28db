// What monitoring asks the database, over and over. Every question is answered from an index and looks at a bounded
// number of rows, so that watching costs the same however much there is.
import { sql } from "drizzle-orm";
import type { Database } from "./client";
import { type DeliveryAttemptRow, type DeliveryRow, deliveries, deliveryAttempts, outbox } from "./schema";
import { type WebhookStatus, webhookDeliveries } from "./schema-outside";

/** Where counting ends: more than this is shown as this many. */
export const COUNTED_MAX = 100_000;
/** Of so many of the newest deliveries the attempts are looked up. */
export const RECENT_MAX = 20_000;

const WAITING = ["queued", "sending", "retrying"] as const satisfies readonly DeliveryRow["status"][];
type WaitingStatus = (typeof WAITING)[number];

export type SendingRows = {
  waiting: { status: WaitingStatus; count: number; oldestAt: Date | null }[];
  /** When the earliest attempt is or was due that nobody has begun; null when none is planned. */
  dueAt: Date | null;
  /** Events that the engine has not got yet. */
  outbox: { count: number; oldestAt: Date | null };
  /** The newest deliveries since then: where they stand, by their newest attempt's provider and newest error. */
  deliveries: {
    status: DeliveryRow["status"];
    provider: string | null;
    errorClass: string | null;
    count: number;
  }[];
  /** Our own webhooks: those that wait, those that were settled since then, and when the earliest attempt is or was due. */
  webhooks: { counts: { status: WebhookStatus; count: number }[]; dueAt: Date | null };
  /** Their attempts. `outcome` null: under way, or the worker died. */
  attempts: {
    provider: string;
    outcome: DeliveryAttemptRow["outcome"];
    errorClass: string | null;
    count: number;
  }[];
};

/**
 * Reads them all within `timeoutMs` for each question; throws Postgres' own error when one takes longer.
 * `since`: deliveries queued before are not recent any more.
 */
export function readSendingRows(db: Database, since: Date, timeoutMs: number): Promise<SendingRows> {
  return db.transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`);
      const waiting = await tx.execute<{ status: WaitingStatus; count: number; oldest: number | null }>(
        sql.join(WAITING.map(askWaiting), sql` union all `),
      );
      const [due] = await tx.execute<{ due: number | null }>(sql`
        select extract(epoch from min(next_attempt_at))::float8 as due from ${deliveries}
        where status in ('queued', 'retrying')`);
      const [events] = await tx.execute<{ count: number; oldest: number | null }>(sql`
        select
          (select count(*)::int from (select 1 from ${outbox}
            where published_at is null limit ${sql.raw(String(COUNTED_MAX))}) counted) as count,
          (select extract(epoch from min(created_at))::float8 from ${outbox}
            where published_at is null) as oldest`);
      const recent = sql`(select d.id, d.status from ${deliveries} d where d.created_at >= ${since.toISOString()} and not d.is_canary
        order by d.created_at desc, d.id desc limit ${sql.raw(String(RECENT_MAX))})`;
      const counted = await tx.execute<SendingRows["deliveries"][number]>(sql`
        select r.status, newest.provider, failed.error_class as "errorClass", count(*)::int as count
        from ${recent} r
        left join lateral (select a.provider from ${deliveryAttempts} a
          where a.delivery_id = r.id order by a.number desc limit 1) newest on true
        left join lateral (select a.error_class from ${deliveryAttempts} a
          where a.delivery_id = r.id and a.error_class is not null order by a.number desc limit 1) failed on true
        group by r.status, newest.provider, failed.error_class`);
      const attempts = await tx.execute<SendingRows["attempts"][number]>(sql`
        select a.provider, a.outcome, a.error_class as "errorClass", count(*)::int as count
        from ${recent} r join ${deliveryAttempts} a on a.delivery_id = r.id
        group by a.provider, a.outcome, a.error_class`);
      const webhooks = await tx.execute<{ status: WebhookStatus; count: number }>(sql`
        select w.status, count(*)::int as count
        from (select status from ${webhookDeliveries} where settled_at >= ${since.toISOString()}
          order by settled_at desc limit ${sql.raw(String(RECENT_MAX))}) w
        group by w.status
        union all select 'waiting', (select count(*)::int from (select 1 from ${webhookDeliveries}
          where status = 'waiting' limit ${sql.raw(String(COUNTED_MAX))}) counted)`);
      const [webhookDue] = await tx.execute<{ due: number | null }>(sql`
        select extract(epoch from min(next_attempt_at))::float8 as due from ${webhookDeliveries}
        where status = 'waiting'`);
      return {
        webhooks: { counts: [...webhooks], dueAt: toDate(webhookDue?.due ?? null) },
        waiting: waiting.map(({ status, count, oldest }) => ({ status, count, oldestAt: toDate(oldest) })),
        dueAt: toDate(due?.due ?? null),
        outbox: { count: events?.count ?? 0, oldestAt: toDate(events?.oldest ?? null) },
        deliveries: [...counted],
        attempts: [...attempts],
      };
    },
    { accessMode: "read only" },
  );
}

/** With the state as a word: Postgres then knows that few mails are in it, and does not read all the others. */
const askWaiting = (status: WaitingStatus) => {
  const word = sql.raw(`'${status}'::delivery_status`);
  return sql`(select ${word} as status,
    (select count(*)::int from (select 1 from ${deliveries}
      where status = ${word} limit ${sql.raw(String(COUNTED_MAX))}) counted) as count,
    (select extract(epoch from min(created_at))::float8 from ${deliveries} where status = ${word}) as oldest)`;
};

const toDate = (epochSeconds: number | null) =>
  epochSeconds === null ? null : new Date(epochSeconds * 1000);
