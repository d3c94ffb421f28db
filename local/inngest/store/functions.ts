// The app's functions as last registered, the cron slots that come next, and settings of the engine.
import { asRows, type Queryable, type Sql, type Transaction } from "./database.ts";

export type FunctionRow = {
  slug: string;
  id: string;
  name: string;
  /** JSON of the function's registration. */
  config: string;
  created_at_ms: number;
  updated_at_ms: number;
  archived_at_ms: number | null;
};

export async function loadFunctions(sql: Queryable): Promise<FunctionRow[]> {
  return await sql<FunctionRow[]>`
    select slug, id, name, config, created_at_ms, updated_at_ms, archived_at_ms
    from inngest.functions order by slug`;
}

/** Makes the given functions the app's only ones. Answers whether anything changed. */
export async function replaceFunctions(
  tx: Transaction,
  functions: readonly Pick<FunctionRow, "slug" | "id" | "name" | "config">[],
  nowMs: number,
): Promise<boolean> {
  const written = await tx`
    insert into inngest.functions as f (slug, id, name, config, created_at_ms, updated_at_ms)
    select slug, id, name, config, ${nowMs}, ${nowMs}
    from json_to_recordset(${asRows(functions)}::text::json) as n(slug text, id uuid, name text, config text)
    on conflict (slug) do update set name = excluded.name, config = excluded.config,
      updated_at_ms = excluded.updated_at_ms, archived_at_ms = null
      where f.config <> excluded.config or f.archived_at_ms is not null
    returning slug`;
  const archived = await tx`
    update inngest.functions set archived_at_ms = ${nowMs}
    where archived_at_ms is null and slug <> all(${functions.map((one) => one.slug)}::text[])
    returning slug`;
  return written.length + archived.length > 0;
}

export type CronRow = { function_slug: string; expression: string; next_at_ms: number };

/** Makes the given schedules the only ones; those that are already there keep their next slot. */
export async function replaceCrons(tx: Transaction, crons: readonly CronRow[]): Promise<void> {
  const rows = asRows(crons);
  await tx`
    delete from inngest.crons c where not exists (
      select 1 from json_to_recordset(${rows}::text::json) as n(function_slug text, expression text)
      where n.function_slug = c.function_slug and n.expression = c.expression)`;
  await tx`
    insert into inngest.crons (function_slug, expression, next_at_ms)
    select function_slug, expression, next_at_ms
    from json_to_recordset(${rows}::text::json) as n(function_slug text, expression text, next_at_ms bigint)
    on conflict do nothing`;
}

/** Locks schedules whose slot has come; another engine skips them. */
export async function lockDueCrons(tx: Transaction, nowMs: number): Promise<CronRow[]> {
  return await tx<CronRow[]>`
    select function_slug, expression, next_at_ms from inngest.crons
    where next_at_ms <= ${nowMs} order by next_at_ms for update skip locked`;
}

export async function moveCron(tx: Transaction, cron: CronRow): Promise<void> {
  await tx`
    update inngest.crons set next_at_ms = ${cron.next_at_ms}
    where function_slug = ${cron.function_slug} and expression = ${cron.expression}`;
}

export async function deleteCron(tx: Transaction, cron: CronRow): Promise<void> {
  await tx`
    delete from inngest.crons
    where function_slug = ${cron.function_slug} and expression = ${cron.expression}`;
}

export async function findNextCron(sql: Queryable): Promise<number | null> {
  const [row] = await sql<{ next: number | null }[]>`select min(next_at_ms) as next from inngest.crons`;
  return row?.next ?? null;
}

/** Engine time ahead of real time, milliseconds. */
export async function loadOffset(sql: Queryable): Promise<number> {
  const [row] = await sql<{ value: string }[]>`
    select value from inngest.settings where key = 'clock_offset_ms'`;
  return Number(row?.value ?? 0);
}

/** Moves the stored clock forward and answers the new offset. */
export async function addToOffset(sql: Sql, byMs: number): Promise<number> {
  const [row] = await sql<{ value: string }[]>`
    insert into inngest.settings as s (key, value) values ('clock_offset_ms', ${String(byMs)})
    on conflict (key) do update set value = (s.value::bigint + ${byMs})::text
    returning value`;
  return Number(row?.value ?? byMs);
}

export async function loadSetting(sql: Queryable, key: string): Promise<string | null> {
  const [row] = await sql<{ value: string }[]>`select value from inngest.settings where key = ${key}`;
  return row?.value ?? null;
}

export async function saveSetting(sql: Queryable, key: string, value: string): Promise<void> {
  await sql`
    insert into inngest.settings (key, value) values (${key}, ${value})
    on conflict (key) do update set value = excluded.value`;
}
