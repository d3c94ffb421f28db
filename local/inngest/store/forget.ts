// Forgetting: what a run knew of certain things goes with it, ended or not.
import type { Transaction } from "./database.ts";

export type Forgotten = { events: number; runs: number };

/**
 * Removes the events that hold one of these texts anywhere, the runs that they started or that hold one themselves, and
 * all that hangs on those. Texts of letters, digits and hyphens only. Events of the names in `keep` stay, with what
 * they started. A call that is under way goes on; its answer finds no run and is dropped.
 */
export async function forgetTexts(
  tx: Transaction,
  texts: readonly string[],
  keep: readonly string[],
): Promise<Forgotten> {
  if (texts.length === 0) return { events: 0, runs: 0 };
  const patterns = texts.map((text) => `%${text}%`);
  const events = await tx<{ id: string }[]>`
    select id from inngest.events where payload like any(${patterns}::text[]) and name <> all(${[...keep]}::text[])`;
  const eventIds = events.map(({ id }) => id);
  const found = await tx<{ id: string }[]>`
    select r.id from inngest.runs r join inngest.events e on e.id = r.event_id
    where e.name <> all(${[...keep]}::text[])
      and (r.event_id = any(${eventIds}::text[])
        or concat(r.output, r.error, r.attempts::text) like any(${patterns}::text[])
        or exists (select 1 from inngest.steps s where s.run_id = r.id
          and concat(s.memo, s.input, s.attempts::text) like any(${patterns}::text[])))`;
  const runIds = found.map(({ id }) => id);
  // In the order in which the writer locks them.
  await tx`select 1 from inngest.runs where id = any(${runIds}::text[]) order by id for update`;
  await tx`delete from inngest.jobs where run_id = any(${runIds}::text[])`;
  await tx`delete from inngest.steps where run_id = any(${runIds}::text[])`;
  await tx`delete from inngest.runs where id = any(${runIds}::text[])`;
  await tx`delete from inngest.started where key like any(${patterns}::text[])`;
  await tx`delete from inngest.events where id = any(${eventIds}::text[])`;
  return { events: eventIds.length, runs: runIds.length };
}
