// How the engine and the providers have been doing lately, as the rows tell it: for whoever has no breaker to ask.
import { sql } from "drizzle-orm";
import type { Executor } from "./client";
import { deliveries, deliveryAttempts, outbox } from "./schema";

/** Of so many of the newest deliveries the attempts are looked up: the page that asks has to be quick. */
export const LOOKED_AT_MAX = 2_000;
/** Where counting ends. */
const COUNTED_MAX = 100_000;

export type EngineRows = {
  /** Events that it has not got yet; `COUNTED_MAX` stands for more, too. */
  waiting: number;
  oldestWaitingAt: Date | null;
  /** When it last took one; null when it took none within the time that events are kept. */
  lastTakenAt: Date | null;
};

export async function readEngineRows(executor: Executor): Promise<EngineRows> {
  const [row] = await executor.execute<{ waiting: number; oldest: number | null; taken: number | null }>(sql`
    select
      (select count(*)::int from (select 1 from ${outbox}
        where published_at is null limit ${sql.raw(String(COUNTED_MAX))}) counted) as waiting,
      (select extract(epoch from created_at)::float8 from ${outbox}
        where published_at is null order by created_at limit 1) as oldest,
      (select extract(epoch from published_at)::float8 from ${outbox}
        where published_at is not null order by published_at desc limit 1) as taken`);
  return {
    waiting: row?.waiting ?? 0,
    oldestWaitingAt: toDate(row?.oldest ?? null),
    lastTakenAt: toDate(row?.taken ?? null),
  };
}

export type ProviderRows = {
  provider: string;
  /** Attempts by how they ended; those under way are in none. */
  accepted: number;
  failed: number;
  lastAcceptedAt: Date | null;
  lastFailedAt: Date | null;
};

/** By provider, of the attempts at the newest deliveries that were queued at `since` or later; by name. */
export async function readProviderRows(executor: Executor, since: Date): Promise<ProviderRows[]> {
  const took = sql`a.outcome in ('accepted', 'deduplicated')`;
  const refused = sql`a.outcome in ('failed', 'lost')`;
  const rows = await executor.execute<{
    provider: string;
    accepted: number;
    failed: number;
    tookAt: number | null;
    refusedAt: number | null;
  }>(sql`
    select a.provider,
      count(*) filter (where ${took})::int as accepted,
      count(*) filter (where ${refused})::int as failed,
      extract(epoch from max(a.ended_at) filter (where ${took}))::float8 as "tookAt",
      extract(epoch from max(a.ended_at) filter (where ${refused}))::float8 as "refusedAt"
    from (select d.id from ${deliveries} d where d.created_at >= ${since.toISOString()}
      order by d.created_at desc, d.id desc limit ${sql.raw(String(LOOKED_AT_MAX))}) r
    join ${deliveryAttempts} a on a.delivery_id = r.id
    group by a.provider order by a.provider`);
  return rows.map(({ tookAt, refusedAt, ...row }) => ({
    ...row,
    lastAcceptedAt: toDate(tookAt),
    lastFailedAt: toDate(refusedAt),
  }));
}

const toDate = (epochSeconds: number | null) =>
  epochSeconds === null ? null : new Date(epochSeconds * 1000);
