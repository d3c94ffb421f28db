// Events, kept exactly as functions see them.
import { asRows, type Queryable, type Transaction } from "./database.ts";

export type EventRow = {
  id: string;
  external_id: string | null;
  name: string;
  /** The event as it is handed to functions, as JSON: `{ data, id, name, ts, user, v? }`. */
  payload: string;
  ts_ms: number;
  received_at_ms: number;
};

/** Stores events; answers the ids that were not there before (a repeated request brings the same ids). */
export async function insertEvents(tx: Transaction, events: readonly EventRow[]): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const rows = await tx<{ id: string }[]>`
    insert into inngest.events (id, external_id, name, payload, ts_ms, received_at_ms)
    select id, external_id, name, payload, ts_ms, received_at_ms
    from json_to_recordset(${asRows(events)}::text::json)
      as e(id text, external_id text, name text, payload text, ts_ms bigint, received_at_ms bigint)
    on conflict (id) do nothing
    returning id`;
  return new Set(rows.map((row) => row.id));
}

export async function loadEvents(sql: Queryable, ids: readonly string[]): Promise<Map<string, EventRow>> {
  const rows = await sql<EventRow[]>`
    select id, external_id, name, payload, ts_ms, received_at_ms from inngest.events
    where id = any(${[...ids]}::text[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

export type StartKey = { function_slug: string; key: string };

/**
 * Notes that a function started for a key (an event id, an idempotency value) and answers the keys that were
 * free. A key is free again when `expiresAtMs` has passed.
 */
export async function takeStartKeys(
  tx: Transaction,
  keys: readonly StartKey[],
  nowMs: number,
  expiresAtMs: number,
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await tx<StartKey[]>`
    insert into inngest.started as s (function_slug, key, expires_at_ms)
    select function_slug, key, ${expiresAtMs}
    from json_to_recordset(${asRows(keys)}::text::json) as k(function_slug text, key text)
    on conflict (function_slug, key) do update set expires_at_ms = excluded.expires_at_ms
      where s.expires_at_ms <= ${nowMs}
    returning s.function_slug, s.key`;
  return new Set(rows.map((row) => startKey(row)));
}

export function startKey(key: StartKey): string {
  return `${key.function_slug}\n${key.key}`;
}
