// Runs: one execution of a function for one event.
import { asRows, type Queryable, type Transaction } from "./database.ts";
import type { Attempt } from "./steps.ts";

export type RunStatus = "Running" | "Completed" | "Failed" | "Cancelled";

export type Run = {
  id: string;
  function_slug: string;
  event_id: string;
  status: RunStatus;
  max_attempts: number;
  /** Execution version that the SDK chose; -1 until it has answered once. */
  sdk_version: number;
  cron: string | null;
  parent_run_id: string | null;
  parent_step_id: string | null;
  original_run_id: string | null;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  /** JSON. */
  output: string | null;
  /** JSON of an ErrorInfo. */
  error: string | null;
  /** Attempts at the code between steps that failed. */
  attempts: Attempt[];
};

export type NewRun = {
  id: string;
  function_slug: string;
  event_id: string;
  max_attempts: number;
  limit_keys: string[];
  cancel_key: string | null;
  cron: string | null;
  parent_run_id: string | null;
  parent_step_id: string | null;
  original_run_id: string | null;
  created_at_ms: number;
};

const columns = (sql: Queryable) => sql`
  r.id, r.function_slug, r.event_id, r.status, r.max_attempts, r.sdk_version, r.cron, r.parent_run_id,
  r.parent_step_id, r.original_run_id, r.created_at_ms, r.started_at_ms, r.ended_at_ms, r.output, r.error,
  r.attempts`;

export async function insertRuns(tx: Transaction, runs: readonly NewRun[]): Promise<void> {
  if (runs.length === 0) return;
  await tx`
    insert into inngest.runs (id, function_slug, event_id, status, max_attempts, limit_keys, cancel_key, cron,
      parent_run_id, parent_step_id, original_run_id, created_at_ms)
    select n.id, n.function_slug, n.event_id, 'Running', n.max_attempts, n.limit_keys, n.cancel_key, n.cron,
      n.parent_run_id, n.parent_step_id, n.original_run_id, n.created_at_ms
    from json_to_recordset(${asRows(runs)}::text::json) as n(
      id text, function_slug text, event_id text, max_attempts int, limit_keys text[], cancel_key text,
      cron text, parent_run_id text, parent_step_id text, original_run_id text, created_at_ms bigint)`;
}

export type RunToCall = Run & {
  /** JSON of the event that started it. */
  payload: string;
  job_count: number;
};

/** What a call needs to know of its run, besides the steps. */
export async function loadRuns(sql: Queryable, ids: readonly string[]): Promise<Map<string, RunToCall>> {
  const rows = await sql<RunToCall[]>`
    select ${columns(sql)}, e.payload,
      (select count(*) from inngest.jobs j where j.run_id = r.id) as job_count
    from inngest.runs r join inngest.events e on e.id = r.event_id
    where r.id = any(${[...ids]}::text[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Locks runs, in one order everywhere, and answers those still running. Steps of one run that end at the
 * same time then see each other, so that exactly one of them is the last.
 */
export async function lockRunning(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx<{ id: string; status: RunStatus }[]>`
    select id, status from inngest.runs where id = any(${[...ids]}::text[]) order by id for update`;
  return new Set(rows.filter((row) => row.status === "Running").map((row) => row.id));
}

export type RunProgress = { id: string; sdk_version: number; started_at_ms: number; attempts: Attempt[] };

/** Notes that the app has answered, and failed attempts at the code between steps. */
export async function noteProgress(tx: Transaction, progress: readonly RunProgress[]): Promise<void> {
  if (progress.length === 0) return;
  await tx`
    update inngest.runs r
    set sdk_version = p.sdk_version, started_at_ms = coalesce(r.started_at_ms, p.started_at_ms),
        attempts = r.attempts || p.attempts
    from json_to_recordset(${asRows(progress)}::text::json)
      as p(id text, sdk_version int, started_at_ms bigint, attempts jsonb)
    where r.id = p.id`;
}

export type RunEnd = {
  id: string;
  status: Exclude<RunStatus, "Running">;
  output: string | null;
  error: string | null;
};

export type EndedRun = RunEnd & {
  function_slug: string;
  event_id: string;
  parent_run_id: string | null;
  parent_step_id: string | null;
  payload: string;
};

/** Ends runs that are still running; answers those, with the event that had started them. */
export async function endRuns(tx: Transaction, ends: readonly RunEnd[], nowMs: number): Promise<EndedRun[]> {
  return await tx<EndedRun[]>`
    update inngest.runs r
    set status = n.status, output = n.output, error = n.error, ended_at_ms = ${nowMs}
    from json_to_recordset(${asRows(ends)}::text::json) as n(id text, status text, output text, error text)
    join inngest.runs before on before.id = n.id
    join inngest.events e on e.id = before.event_id
    where r.id = n.id and r.status = 'Running'
    returning r.id, r.status, r.output, r.error, r.function_slug, r.event_id, r.parent_run_id,
      r.parent_step_id, e.payload`;
}

export type CancellableRun = { id: string; function_slug: string; created_at_ms: number; payload: string };

/**
 * Running runs of these functions that an event could cancel. `keys` narrows it (null: all of them).
 * Runs that one of `exceptEvents` started are left out: an event does not cancel what it has just begun.
 */
export async function findCancellable(
  tx: Transaction,
  slugs: readonly string[],
  keys: readonly string[] | null,
  exceptEvents: readonly string[],
): Promise<CancellableRun[]> {
  return await tx<CancellableRun[]>`
    select r.id, r.function_slug, r.created_at_ms, e.payload
    from inngest.runs r join inngest.events e on e.id = r.event_id
    where r.status = 'Running' and r.function_slug = any(${[...slugs]}::text[])
      and (r.cancel_key is null or ${keys === null} or r.cancel_key = any(${[...(keys ?? [])]}::text[]))
      and r.event_id <> all(${[...exceptEvents]}::text[])`;
}
