// The engine's own schema. Created by the engine at start; safe when two engines start together.
//
// Times are Unix milliseconds of engine time (`_at_ms`), except leases, which are real time. Bodies are JSON
// as text (see json.ts). There are no foreign keys: rows of a run are written in one transaction and removed
// in one, and the checks would cost a third of the throughput.
import type { Sql } from "./database.ts";

/** Class of all advisory locks of the engine ("ingt" in ASCII); the second half is the purpose or engine. */
export const LOCK_CLASS = 0x696e6774;
export const LOCK_SCHEMA = 0;
/** Taken while jobs of functions with a concurrency limit are claimed. */
export const LOCK_LIMITS = -1;

export async function createSchema(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_CLASS}, ${LOCK_SCHEMA})`;
    await tx.unsafe(STATEMENTS);
  });
}

const STATEMENTS = `
create schema if not exists inngest;

create table if not exists inngest.settings (
  key text primary key,
  value text not null
);

create table if not exists inngest.engines (
  id serial primary key,
  pid integer not null,
  started_at timestamptz not null default now()
);

create table if not exists inngest.functions (
  slug text primary key,
  id uuid not null,
  name text not null,
  config text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  archived_at_ms bigint
);

create table if not exists inngest.events (
  id text primary key,
  external_id text,
  name text not null,
  payload text not null,
  ts_ms bigint not null,
  received_at_ms bigint not null
);
create index if not exists events_external on inngest.events (external_id) where external_id is not null;
create index if not exists events_name on inngest.events (name, id desc);
create index if not exists events_received on inngest.events (received_at_ms);

create table if not exists inngest.runs (
  id text primary key,
  function_slug text not null,
  event_id text not null,
  status text not null check (status in ('Running', 'Completed', 'Failed', 'Cancelled')),
  max_attempts integer not null,
  sdk_version integer not null default -1,
  limit_keys text[] not null default '{}',
  cancel_key text,
  cron text,
  parent_run_id text,
  parent_step_id text,
  original_run_id text,
  created_at_ms bigint not null,
  started_at_ms bigint,
  ended_at_ms bigint,
  output text,
  error text,
  attempts jsonb not null default '[]'
);
create index if not exists runs_function on inngest.runs (function_slug, id desc);
create index if not exists runs_status on inngest.runs (status, id desc);
create index if not exists runs_event on inngest.runs (event_id);
create index if not exists runs_ended on inngest.runs (ended_at_ms) where ended_at_ms is not null;
create index if not exists runs_parent on inngest.runs (parent_run_id) where parent_run_id is not null;
create index if not exists runs_cancellable on inngest.runs (function_slug, cancel_key) where status = 'Running';

create sequence if not exists inngest.step_order;
create table if not exists inngest.steps (
  run_id text not null,
  id text not null,
  op text not null,
  name text not null,
  state text not null check (state in
    ('planned', 'retrying', 'sleeping', 'waiting', 'invoking', 'completed', 'failed', 'timed_out', 'cancelled')),
  memo text,
  ended_order bigint,
  started_at_ms bigint not null,
  ended_at_ms bigint,
  due_at_ms bigint,
  race boolean not null default false,
  wait_event text,
  wait_if text,
  wait_key text,
  child_run_id text,
  attempts jsonb not null default '[]',
  primary key (run_id, id)
);
alter table inngest.steps add column if not exists input text;
create index if not exists steps_waiting on inngest.steps (wait_event, wait_key) where state = 'waiting';

create table if not exists inngest.jobs (
  id text primary key,
  run_id text not null,
  kind text not null check (kind in ('call', 'sleep', 'timeout')),
  step_id text not null,
  wakes text,
  attempt integer not null default 0,
  generation integer not null default 1,
  run_at_ms bigint not null,
  limit_keys text[] not null default '{}',
  lease_owner integer,
  lease_until timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index if not exists jobs_due on inngest.jobs (run_at_ms) where lease_owner is null;
create index if not exists jobs_due_free on inngest.jobs (run_at_ms) where lease_owner is null and limit_keys = '{}';
create index if not exists jobs_leased on inngest.jobs (lease_owner) where lease_owner is not null;
create index if not exists jobs_run on inngest.jobs (run_id);

create table if not exists inngest.started (
  function_slug text not null,
  key text not null,
  expires_at_ms bigint not null,
  primary key (function_slug, key)
);
create index if not exists started_expiry on inngest.started (expires_at_ms);

create table if not exists inngest.crons (
  function_slug text not null,
  expression text not null,
  next_at_ms bigint not null,
  primary key (function_slug, expression)
);
`;
