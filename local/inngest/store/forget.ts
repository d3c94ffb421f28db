// Forgetting: what a run knew of certain things goes with it, ended or not.
import type { Transaction } from "./database.ts";

export type Forgotten = { events: number; runs: number };

/** Longer than this, the next try begins anew: whoever asked has gone by then. */
const STATEMENT_MS = 20_000;

/** What stands around an id in JSON, and in the texts within it. */
const AROUND = " :,;./()[]{}'=#&?<>\\\n";

/**
 * Removes the events that hold one of these words anywhere, the runs that they started or that hold one themselves, and
 * all that hangs on those. Words of letters, digits and hyphens only. Events of the names in `keep` stay, with what
 * they started. A call that is under way goes on; its answer finds no run and is dropped. No index knows what a payload
 * holds, so each table is read once: by its words, since a pattern for each id would take as many times as long.
 */
export async function forgetWords(
  tx: Transaction,
  words: readonly string[],
  keep: readonly string[],
): Promise<Forgotten> {
  if (words.length === 0) return { events: 0, runs: 0 };
  const holds = (
    column: "payload" | "output" | "error" | "attempts" | "memo" | "input" | "key",
  ) => tx`exists (
    select 1 from unnest(string_to_array(translate(${tx(column)}::text, ${AROUND}, ${'"'.repeat(AROUND.length)}), '"')) word
    where word = any(${[...words]}::text[]))`;
  await tx`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`;
  const events = await tx<{ id: string }[]>`
    select id from inngest.events where name <> all(${[...keep]}::text[]) and ${holds("payload")}`;
  const eventIds = events.map(({ id }) => id);
  const found = await tx<{ id: string }[]>`
    with named as (
      select id from inngest.runs where event_id = any(${eventIds}::text[])
      union select id from inngest.runs
        where ${holds("output")} or ${holds("error")} or (attempts <> '[]' and ${holds("attempts")})
      union select run_id from inngest.steps
        where ${holds("memo")} or ${holds("input")} or (attempts <> '[]' and ${holds("attempts")})
    )
    select r.id from named n join inngest.runs r on r.id = n.id join inngest.events e on e.id = r.event_id
    where e.name <> all(${[...keep]}::text[])`;
  const runIds = found.map(({ id }) => id);
  // In the order in which the writer locks them.
  await tx`select 1 from inngest.runs where id = any(${runIds}::text[]) order by id for update`;
  await tx`delete from inngest.jobs where run_id = any(${runIds}::text[])`;
  await tx`delete from inngest.steps where run_id = any(${runIds}::text[])`;
  await tx`delete from inngest.runs where id = any(${runIds}::text[])`;
  await tx`delete from inngest.started where ${holds("key")}`;
  await tx`delete from inngest.events where id = any(${eventIds}::text[])`;
  return { events: eventIds.length, runs: runIds.length };
}
