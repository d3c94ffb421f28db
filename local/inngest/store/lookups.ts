// Reads that only the page needs: what belongs to what it shows.
import type { Sql } from "./database.ts";
import type { CronRow } from "./functions.ts";
import type { RunStatus } from "./runs.ts";

export type RunLink = { id: string; event_id: string; function_slug: string; status: RunStatus };

/** No event of a list starts so many that more would be read. */
const LINKS_MAX = 500;

/** The runs that events started, oldest first. */
export async function listRunsOfEvents(sql: Sql, eventIds: readonly string[]): Promise<RunLink[]> {
  if (eventIds.length === 0) return [];
  return await sql<RunLink[]>`
    select id, event_id, function_slug, status from inngest.runs
    where event_id = any(${[...eventIds]}::text[]) order by id limit ${LINKS_MAX}`;
}

export type ChildRun = RunLink & { parent_step_id: string };

/** The runs that a run's invocations started. */
export async function listChildren(sql: Sql, runId: string): Promise<ChildRun[]> {
  return await sql<ChildRun[]>`
    select id, event_id, function_slug, status, parent_step_id from inngest.runs
    where parent_run_id = ${runId} order by id limit ${LINKS_MAX}`;
}

/** The next slot of every schedule, engine time. */
export async function listCrons(sql: Sql): Promise<CronRow[]> {
  return await sql<CronRow[]>`
    select function_slug, expression, next_at_ms from inngest.crons order by next_at_ms`;
}

export async function findStep(
  sql: Sql,
  runId: string,
  stepId: string,
): Promise<{ takesInput: boolean } | null> {
  const [row] = await sql<{ takes_input: boolean }[]>`
    select op = 'StepRun' and input is not null as takes_input
    from inngest.steps where run_id = ${runId} and id = ${stepId}`;
  return row ? { takesInput: row.takes_input } : null;
}
