// Reads for the API and the page. Lists go backwards from a cursor, so they stay fast however long they get.

import { isUlid } from "../ids.ts";
import type { Sql } from "./database.ts";
import type { EventRow } from "./events.ts";
import type { Run, RunStatus } from "./runs.ts";
import type { StepRow } from "./steps.ts";

export type Page = { limit: number; before: string | null };

const eventColumns = (sql: Sql) => sql`id, external_id, name, payload, ts_ms, received_at_ms`;

export type EventFilter = {
  name?: string | null;
  /** A name, an id, or a sender's id. */
  search?: string | null;
  /** Received at or after, engine time. */
  fromMs?: number | null;
  /** Also those about runs, which are left out unless they are asked for by name. */
  withInternal?: boolean;
};

/** Events, newest first. */
export async function listEvents(sql: Sql, page: Page, filter: EventFilter): Promise<EventRow[]> {
  const { name, search, withInternal, fromMs } = filter;
  const isAll = withInternal || name || search;
  return await sql<EventRow[]>`
    select ${eventColumns(sql)} from inngest.events
    where ${isAll ? sql`true` : sql`name not like 'inngest/function.%'`}
      ${name ? sql`and name = ${name}` : sql``}
      ${fromMs == null ? sql`` : sql`and received_at_ms >= ${fromMs}`}
      ${search ? sql`and (name = ${search} or external_id = ${search} or id = ${search.toUpperCase()})` : sql``}
      ${page.before === null ? sql`` : sql`and id < ${page.before}`}
    order by id desc limit ${page.limit}`;
}

/** Events by internal id, or by the id their sender gave (then there may be several). */
export async function findEvents(sql: Sql, id: string): Promise<EventRow[]> {
  const internal = isUlid(id)
    ? await sql<EventRow[]>`select ${eventColumns(sql)} from inngest.events where id = ${id}`
    : [];
  if (internal.length > 0) return internal;
  return await sql<EventRow[]>`
    select ${eventColumns(sql)} from inngest.events where external_id = ${id} order by id desc limit 20`;
}

export type RunFilter = {
  /** Any of these; empty for all. */
  statuses?: readonly RunStatus[];
  functionSlug?: string | null;
  eventIds?: readonly string[] | null;
  /** Queued at or after, and before; engine time. */
  fromMs?: number | null;
  untilMs?: number | null;
  /** The id of a run, or an event's id, sender's id or name. */
  search?: string | null;
};

function searched(sql: Sql, text: string) {
  const id = text.toUpperCase();
  return isUlid(id)
    ? sql`and (id = ${id} or event_id = ${id})`
    : sql`and event_id in (
        select id from inngest.events where external_id = ${text}
        union all select id from inngest.events where name = ${text})`;
}

export type RunItem = Run & {
  event_name: string;
  event_payload: string;
  /** A call of this run is under way. */
  is_executing: boolean;
  next_at_ms: number | null;
};

/** Runs, newest first, with what they are doing now. */
export async function listRuns(sql: Sql, page: Page, filter: RunFilter): Promise<RunItem[]> {
  return await sql<RunItem[]>`
    select r.id, r.function_slug, r.event_id, r.status, r.max_attempts, r.sdk_version, r.cron, r.parent_run_id,
      r.parent_step_id, r.original_run_id, r.created_at_ms, r.started_at_ms, r.ended_at_ms, r.output, r.error,
      r.attempts, e.name as event_name, e.payload as event_payload, j.is_executing, j.next_at_ms
    from (
      select * from inngest.runs
      where true
        ${filter.statuses?.length ? sql`and status = any(${[...filter.statuses]}::text[])` : sql``}
        ${filter.functionSlug ? sql`and function_slug = ${filter.functionSlug}` : sql``}
        ${filter.eventIds ? sql`and event_id = any(${[...filter.eventIds]}::text[])` : sql``}
        ${filter.fromMs == null ? sql`` : sql`and created_at_ms >= ${filter.fromMs}`}
        ${filter.untilMs == null ? sql`` : sql`and created_at_ms < ${filter.untilMs}`}
        ${filter.search ? searched(sql, filter.search) : sql``}
        ${page.before === null ? sql`` : sql`and id < ${page.before}`}
      order by id desc limit ${page.limit}
    ) r
    join inngest.events e on e.id = r.event_id
    left join lateral (
      select coalesce(bool_or(lease_owner is not null), false) as is_executing, min(run_at_ms) as next_at_ms
      from inngest.jobs where run_id = r.id
    ) j on true
    order by r.id desc`;
}

export async function findRun(sql: Sql, id: string): Promise<RunItem | null> {
  if (!isUlid(id)) return null;
  const rows = await sql<RunItem[]>`
    select r.id, r.function_slug, r.event_id, r.status, r.max_attempts, r.sdk_version, r.cron, r.parent_run_id,
      r.parent_step_id, r.original_run_id, r.created_at_ms, r.started_at_ms, r.ended_at_ms, r.output, r.error,
      r.attempts, e.name as event_name, e.payload as event_payload,
      exists (select 1 from inngest.jobs where run_id = r.id and lease_owner is not null) as is_executing,
      (select min(run_at_ms) from inngest.jobs where run_id = r.id) as next_at_ms
    from inngest.runs r join inngest.events e on e.id = r.event_id
    where r.id = ${id}`;
  return rows[0] ?? null;
}

export async function listSteps(sql: Sql, runId: string): Promise<StepRow[]> {
  return await sql<StepRow[]>`
    select run_id, id, op, name, state, memo, started_at_ms, ended_at_ms, due_at_ms, race, wait_event, wait_if,
      wait_key, child_run_id, attempts, input
    from inngest.steps where run_id = ${runId}
    order by started_at_ms, ended_order nulls last`;
}

export type JobItem = {
  id: string;
  kind: string;
  step_id: string;
  attempt: number;
  run_at_ms: number;
  is_executing: boolean;
};

export async function listJobs(sql: Sql, runId: string): Promise<JobItem[]> {
  return await sql<JobItem[]>`
    select id, kind, step_id, attempt, run_at_ms, lease_owner is not null as is_executing
    from inngest.jobs where run_id = ${runId} order by run_at_ms`;
}

export type Counts = { executing: number; due: number; scheduled: number };

/** Calls under way, jobs whose time has come, jobs for later. */
export async function countJobs(sql: Sql, nowMs: number): Promise<Counts> {
  const [row] = await sql<Counts[]>`
    select count(*) filter (where lease_owner is not null) as executing,
      count(*) filter (where lease_owner is null and run_at_ms <= ${nowMs}) as due,
      count(*) filter (where lease_owner is null and run_at_ms > ${nowMs}) as scheduled
    from inngest.jobs where kind <> 'timeout' or run_at_ms <= ${nowMs}`;
  return row ?? { executing: 0, due: 0, scheduled: 0 };
}

/** Changes whenever a list would: what the page's live view compares. */
export async function readPulse(sql: Sql): Promise<string> {
  const [row] = await sql<{ pulse: string }[]>`
    select concat_ws('/',
      (select max(id) from inngest.events), (select max(id) from inngest.runs),
      (select last_value from inngest.step_order),
      (select max(ended_at_ms) from inngest.runs where ended_at_ms is not null),
      (select concat_ws('.', count(*), sum(generation), count(lease_owner)) from inngest.jobs),
      (select value from inngest.settings where key = 'clock_offset_ms')) as pulse`;
  return row?.pulse ?? "";
}

/** Runs that have not ended. */
export async function countUnfinished(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from inngest.runs where status = 'Running'`;
  return row?.count ?? 0;
}
