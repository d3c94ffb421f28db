// Jobs: what has to happen next in a run and when. Claimed with SKIP LOCKED and a lease in real time.
import { asRows, type Queryable, type Sql, type Transaction } from "./database.ts";
import { LOCK_CLASS, LOCK_LIMITS } from "./schema.ts";

export type JobKind = "call" | "sleep" | "timeout";

export type Job = {
  id: string;
  run_id: string;
  kind: JobKind;
  /** "step" to discover what comes next, or the id of a planned step; for sleep and timeout the step's id. */
  step_id: string;
  /** The sleep that ends when this call is made. */
  wakes: string | null;
  attempt: number;
  generation: number;
  run_at_ms: number;
  limit_keys: string[];
};

export type NewJob = {
  id: string;
  run_id: string;
  kind: JobKind;
  step_id: string;
  wakes: string | null;
  run_at_ms: number;
};

/** How long a claim holds without renewal; renewed every third of it while the call is under way. */
export const LEASE_SECONDS = 30;

const columns = (sql: Queryable) =>
  sql`j.id, j.run_id, j.kind, j.step_id, j.wakes, j.attempt, j.generation, j.run_at_ms, j.limit_keys`;

/** How many runs' steps may execute at once under one concurrency option: `<slug>#<index>` and its limit. */
export type Limit = { prefix: string; places: number };

/**
 * Claims up to `count` due jobs, oldest first, as far as the concurrency limits allow.
 *
 * A key (`<slug>#<index>#<value>`) without a limit, of a function that no longer has one, is free. While there
 * are limits, one engine claims at a time, so that two of them never both take the last place.
 */
export async function claimJobs(
  sql: Sql,
  owner: number,
  count: number,
  nowMs: number,
  limits: readonly Limit[],
): Promise<Job[]> {
  if (limits.length === 0) return await claimFreely(sql, owner, count, nowMs);
  const [, jobs] = await sql.begin((tx) => [
    tx`select pg_advisory_xact_lock(${LOCK_CLASS}, ${LOCK_LIMITS})`,
    // A statement of its own: its snapshot must be younger than the lock.
    claimWithin(tx, owner, count, nowMs, limits),
  ]);
  return jobs;
}

async function claimFreely(sql: Sql, owner: number, count: number, nowMs: number): Promise<Job[]> {
  return await sql<Job[]>`
    with due as (
      select id from inngest.jobs
      where lease_owner is null and run_at_ms <= ${nowMs}
      order by run_at_ms
      limit ${count}
      for update skip locked
    )
    update inngest.jobs j
    set lease_owner = ${owner}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from due where j.id = due.id
    returning ${columns(sql)}`;
}

/** Ranks the due jobs of each key and takes those whose rank is within the places left. */
function claimWithin(tx: Transaction, owner: number, count: number, nowMs: number, limits: readonly Limit[]) {
  return tx<Job[]>`
    with limits as (
      select prefix, places from json_to_recordset(${asRows(limits)}::text::json) as l(prefix text, places int)
    ), running as materialized (
      select key, count(*) as used from inngest.jobs, unnest(limit_keys) as key
      where lease_owner is not null group by key
    ), full_keys as (
      select array_agg(r.key) as keys
      from running r join limits l on l.prefix = substring(r.key from '^(.*)#') where r.used >= l.places
    ), candidates as materialized (
      (select id, run_at_ms, limit_keys from inngest.jobs
        where lease_owner is null and run_at_ms <= ${nowMs} and limit_keys = '{}'
        order by run_at_ms limit ${count})
      union all
      (select id, run_at_ms, limit_keys from inngest.jobs
        where lease_owner is null and run_at_ms <= ${nowMs} and limit_keys <> '{}'
          and not limit_keys && coalesce((select keys from full_keys), '{}')
        order by run_at_ms limit ${count * 4})
    ), ranked as (
      select c.id, row_number() over (partition by k.key order by c.run_at_ms, c.id) as place,
        l.places - coalesce(r.used, 0) as free
      from candidates c
      cross join unnest(c.limit_keys) as k(key)
      join limits l on l.prefix = substring(k.key from '^(.*)#')
      left join running r on r.key = k.key
    ), chosen as (
      select c.id from candidates c
      where not exists (select 1 from ranked x where x.id = c.id and x.place > x.free)
      order by c.run_at_ms limit ${count}
    )
    update inngest.jobs j
    set lease_owner = ${owner}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from chosen where j.id = chosen.id and j.lease_owner is null
    returning ${columns(tx)}`;
}

/** Removes jobs that this engine still holds and says which; what another engine took over is left alone. */
export async function takeJobs(tx: Transaction, owner: number, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx<{ id: string }[]>`
    delete from inngest.jobs where id = any(${[...ids]}::text[]) and lease_owner = ${owner} returning id`;
  return new Set(rows.map((row) => row.id));
}

export type Retry = { id: string; attempt: number; run_at_ms: number };

/** Puts jobs back for another attempt and says which were still ours. */
export async function putBackJobs(
  tx: Transaction,
  owner: number,
  retries: readonly Retry[],
): Promise<Set<string>> {
  if (retries.length === 0) return new Set();
  const rows = await tx<{ id: string }[]>`
    update inngest.jobs j
    set attempt = r.attempt, run_at_ms = r.run_at_ms, generation = j.generation + 1,
        wakes = null, lease_owner = null, lease_until = null
    from json_to_recordset(${asRows(retries)}::text::json) as r(id text, attempt int, run_at_ms bigint)
    where j.id = r.id and j.lease_owner = ${owner}
    returning j.id`;
  return new Set(rows.map((row) => row.id));
}

/** Inserts jobs. Calls inherit the concurrency keys of their run; sleeps and time-outs take no place. */
export async function insertJobs(tx: Transaction, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx`
    insert into inngest.jobs (id, run_id, kind, step_id, wakes, run_at_ms, limit_keys)
    select n.id, n.run_id, n.kind, n.step_id, n.wakes, n.run_at_ms,
           case when n.kind = 'call' then r.limit_keys else '{}' end
    from json_to_recordset(${asRows(jobs)}::text::json)
      as n(id text, run_id text, kind text, step_id text, wakes text, run_at_ms bigint)
    join inngest.runs r on r.id = n.run_id and r.status = 'Running'`;
}

export type Resumption = {
  /** Id of the job to make. */
  id: string;
  run_id: string;
  /** Go on although other steps of the run are pending: this one was in a race (group.parallel). */
  force: boolean;
  /** Keep the place: the engine that finished the step goes on with the run itself. */
  hot: boolean;
};

/**
 * Makes the call that discovers what comes next, for runs with nothing pending (or `force`). Those that
 * lost a race may stay pending for ever, so they do not count.
 * Answers the jobs made for `hot` ones, which are already leased to `owner`.
 */
export async function resumeRuns(
  tx: Transaction,
  owner: number,
  resumptions: readonly Resumption[],
  nowMs: number,
): Promise<Job[]> {
  if (resumptions.length === 0) return [];
  return await tx<Job[]>`
    insert into inngest.jobs as j (id, run_id, kind, step_id, run_at_ms, limit_keys, lease_owner, lease_until)
    select n.id, n.run_id, 'call', 'step', ${nowMs}, r.limit_keys,
           case when n.hot then ${owner}::int end,
           case when n.hot then now() + make_interval(secs => ${LEASE_SECONDS}) end
    from json_to_recordset(${asRows(resumptions)}::text::json) as n(id text, run_id text, force bool, hot bool)
    join inngest.runs r on r.id = n.run_id and r.status = 'Running'
    where n.force or not exists (
      select 1 from inngest.steps s where s.run_id = n.run_id and not s.race
        and s.state in ('planned', 'sleeping', 'waiting', 'invoking'))
    returning ${columns(tx)}`;
}

/** Tells other engines, when this transaction commits, that there is something to claim. */
export async function notifyJobs(tx: Transaction, owner: number): Promise<void> {
  await tx`select pg_notify('inngest_jobs', ${String(owner)})`;
}

export async function deleteJobsOfRuns(tx: Transaction, runIds: readonly string[]): Promise<void> {
  await tx`delete from inngest.jobs where run_id = any(${[...runIds]}::text[])`;
}

/** Removes the time-outs of steps that ended before. */
export async function deleteTimeouts(
  tx: Transaction,
  steps: readonly { run_id: string; id: string }[],
): Promise<void> {
  if (steps.length === 0) return;
  await tx`
    delete from inngest.jobs j
    using json_to_recordset(${asRows(steps)}::text::json) as s(run_id text, id text)
    where j.run_id = s.run_id and j.step_id = s.id and j.kind = 'timeout'`;
}

/** When the next job that nobody holds is due, engine milliseconds; null when there is none. */
export async function findNextDue(sql: Sql, afterMs: number): Promise<number | null> {
  const [row] = await sql<{ next: number | null }[]>`
    select min(run_at_ms) as next from inngest.jobs where lease_owner is null and run_at_ms > ${afterMs}`;
  return row?.next ?? null;
}

/** Whether a job is running, or due and not yet claimed. */
export async function hasWorkNow(sql: Sql, nowMs: number): Promise<boolean> {
  const rows = await sql`
    select 1 from inngest.jobs where lease_owner is not null or run_at_ms <= ${nowMs} limit 1`;
  return rows.length > 0;
}

export async function isLeased(sql: Sql, jobId: string, runId: string): Promise<boolean> {
  const rows = await sql`
    select 1 from inngest.jobs where id = ${jobId} and run_id = ${runId} and lease_owner is not null`;
  return rows.length > 0;
}
