// Forgets what is over. Small batches, so that it never shows.
import type { Clock } from "./clock.ts";
import type { Sql } from "./store/database.ts";
import { LOCK_CLASS } from "./store/schema.ts";

/** A week: long enough to look into what happened before the weekend; the product keeps its own history. */
export const KEEP_MS = 7 * 24 * 60 * 60 * 1000;
const BATCH = 500;
const EVERY_MS = 60_000;

/** Removes one batch of finished runs, of events nothing refers to, and of expired start keys. */
export async function pruneOnce(sql: Sql, clock: Clock): Promise<number> {
  const now = clock.now();
  const before = now - KEEP_MS;
  return await sql.begin(async (tx) => {
    const runs = await tx<{ id: string }[]>`
      delete from inngest.runs where id in (
        select id from inngest.runs where ended_at_ms < ${before} order by ended_at_ms limit ${BATCH}
        for update skip locked)
      returning id`;
    await tx`delete from inngest.steps where run_id = any(${runs.map((run) => run.id)}::text[])`;
    const events = await tx`
      delete from inngest.events where id in (
        select e.id from inngest.events e
        where e.received_at_ms < ${before}
          and not exists (select 1 from inngest.runs r where r.event_id = e.id)
        order by e.received_at_ms limit ${BATCH})
      returning id`;
    const keys = await tx`
      delete from inngest.started where ctid in (
        select ctid from inngest.started where expires_at_ms < ${now} limit ${BATCH * 4})
      returning key`;
    // Numbers of engines that were killed: whoever can take the lock of one knows that it is gone.
    await tx`
      delete from inngest.engines
      where started_at < now() - interval '1 hour' and pg_try_advisory_xact_lock(${LOCK_CLASS}, id)`;
    return runs.length + events.length + keys.length;
  });
}

export function startPruning(sql: Sql, clock: Clock, log: (message: string) => void): () => void {
  let isBusy = false;
  const prune = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      while ((await pruneOnce(sql, clock)) >= BATCH) await new Promise((resolve) => setTimeout(resolve, 100));
    } catch (error) {
      log(`Old runs could not be removed: ${String(error)}`);
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void prune(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
