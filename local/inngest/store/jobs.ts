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

/** How often one claim looks again when the jobs it saw all wanted the same place. */
const CLAIM_PASSES_MAX = 4;

const columns = (sql: Queryable) =>
  sql`j.id, j.run_id, j.kind, j.step_id, j.wakes, j.attempt, j.generation, j.run_at_ms, j.limit_keys`;

/** Claims up to `count` due jobs that no concurrency limit concerns, oldest first. */
export async function claimFreeJobs(sql: Sql, owner: number, count: number, nowMs: number): Promise<Job[]> {
  return await sql<Job[]>`
    with due as (
      select id from inngest.jobs
      where lease_owner is null and run_at_ms <= ${nowMs} and limit_keys = '{}'
      order by run_at_ms
      limit ${count}
      for update skip locked
    )
    update inngest.jobs j
    set lease_owner = ${owner}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from due where j.id = due.id
    returning ${columns(sql)}`;
}

/**
 * Claims up to `count` due jobs of functions with a concurrency limit, as far as the limits allow.
 *
 * `limitOf` gives the limit of a key (null when it has none any more). One engine claims at a time, so
 * that two of them never both take the last place.
 */
export async function claimLimitedJobs(
  sql: Sql,
  owner: number,
  count: number,
  nowMs: number,
  limitOf: (key: string) => number | null,
): Promise<Job[]> {
  const waiting = await sql`
    select 1 from inngest.jobs
    where lease_owner is null and run_at_ms <= ${nowMs} and limit_keys <> '{}' limit 1`;
  if (waiting.length === 0) return [];
  return await sql.begin(async (tx): Promise<Job[]> => {
    const [, running] = await Promise.all([
      tx`select pg_advisory_xact_lock(${LOCK_CLASS}, ${LOCK_LIMITS})`,
      tx<{ key: string; count: number }[]>`
        select key, count(*) as count
        from inngest.jobs, unnest(limit_keys) as key
        where lease_owner is not null group by key`,
    ]);
    const places = new Map<string, number>();
    const placesOf = (key: string): number => {
      const left = places.get(key) ?? limitOf(key) ?? Number.POSITIVE_INFINITY;
      places.set(key, left);
      return left;
    };
    for (const { key, count: used } of running) places.set(key, placesOf(key) - used);
    const chosen = new Set<string>();
    // Another pass when the first candidates all wanted the same last place.
    for (let pass = 0; pass < CLAIM_PASSES_MAX && chosen.size < count; pass++) {
      const full = [...places].filter(([, left]) => left <= 0).map(([key]) => key);
      const candidates = await tx<{ id: string; limit_keys: string[] }[]>`
        select id, limit_keys from inngest.jobs
        where lease_owner is null and run_at_ms <= ${nowMs} and limit_keys <> '{}'
          and not limit_keys && ${full}::text[] and id <> all(${[...chosen]}::text[])
        order by run_at_ms limit ${count * 2}`;
      for (const candidate of candidates) {
        if (chosen.size >= count) break;
        if (candidate.limit_keys.some((key) => placesOf(key) <= 0)) continue;
        for (const key of candidate.limit_keys) places.set(key, placesOf(key) - 1);
        chosen.add(candidate.id);
      }
      if (candidates.length < count * 2) break;
    }
    if (chosen.size === 0) return [];
    return await tx<Job[]>`
      update inngest.jobs j
      set lease_owner = ${owner}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where j.id = any(${[...chosen]}::text[]) and j.lease_owner is null
      returning ${columns(tx)}`;
  });
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
  /** Go on although other steps of the run are pending (group.parallel in mode race). */
  force: boolean;
  /** Keep the place: the engine that finished the step goes on with the run itself. */
  hot: boolean;
};

/**
 * Makes the call that discovers what comes next, for runs with nothing pending (or `force`).
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
      select 1 from inngest.steps s where s.run_id = n.run_id
        and s.state in ('planned', 'sleeping', 'waiting', 'invoking'))
    returning ${columns(tx)}`;
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
    select least(
      (select min(run_at_ms) from inngest.jobs
        where lease_owner is null and limit_keys = '{}' and run_at_ms > ${afterMs}),
      (select min(run_at_ms) from inngest.jobs
        where lease_owner is null and limit_keys <> '{}' and run_at_ms > ${afterMs})) as next`;
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
