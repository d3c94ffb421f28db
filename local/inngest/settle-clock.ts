// Sets a clock that was moved back to the real time. Only where nobody can notice: no run is unfinished and no other
// engine lives, so nothing is waiting for a time of the moved clock.
import { parseCron } from "./cron.ts";
import { formatDuration } from "./pages/format.ts";
import type { Sql, Transaction } from "./store/database.ts";
import { type CronRow, loadOffset, moveCron, saveSetting } from "./store/functions.ts";
import { LOCK_CLASS } from "./store/schema.ts";

/** Does it if it may be done. Called before this engine takes a number of its own. */
export async function settleClock(
  sql: Sql,
  realNowMs: number,
  log: (message: string) => void,
): Promise<void> {
  const offsetMs = await loadOffset(sql);
  if (offsetMs === 0) return;
  const isBack = await sql.begin(async (tx) => {
    if (await isInUse(tx)) return false;
    await saveSetting(tx, "clock_offset_ms", "0");
    await settleCrons(tx, realNowMs);
    // Ids that were seen stay known for as long as they would have been.
    await tx`update inngest.started set expires_at_ms = expires_at_ms - ${offsetMs}`;
    return true;
  });
  log(
    isBack
      ? `The clock was ${formatDuration(offsetMs)} ahead; it shows the real time again.`
      : `The clock is ${formatDuration(offsetMs)} ahead, and stays so while runs are unfinished.`,
  );
}

async function isInUse(tx: Transaction): Promise<boolean> {
  const [row] = await tx<{ in_use: boolean }[]>`
    select exists (select 1 from inngest.runs where status = 'Running')
      or exists (select 1 from inngest.jobs)
      or exists (select 1 from inngest.engines where not pg_try_advisory_xact_lock(${LOCK_CLASS}, id)) as in_use`;
  return row?.in_use ?? true;
}

/** Slots of the time that was skipped come again, and fire again: their next one is the next one from now. */
async function settleCrons(tx: Transaction, realNowMs: number): Promise<void> {
  // A key is the slot and the expression (internal-events.ts); times written like this sort as text.
  const from = new Date(realNowMs).toISOString();
  await tx`
    delete from inngest.started s using inngest.crons c
    where s.function_slug = c.function_slug and s.key > ${from}
      and right(s.key, length(c.expression) + 1) = ' ' || c.expression`;
  const crons = await tx<
    CronRow[]
  >`select function_slug, expression, next_at_ms from inngest.crons for update`;
  for (const cron of crons) {
    const next = parseCron(cron.expression).next(realNowMs);
    if (next !== null && next < cron.next_at_ms) await moveCron(tx, { ...cron, next_at_ms: next });
  }
}
