// Steps of runs: what was reported, what came out of it, and every attempt.
import { asRows, type Queryable, type Transaction } from "./database.ts";

export type StepState =
  | "planned"
  | "retrying"
  | "sleeping"
  | "waiting"
  | "invoking"
  | "completed"
  | "failed"
  | "timed_out"
  | "cancelled";

/** One call of the app on behalf of a step (or, on the run itself, of the code between steps). */
export type Attempt = {
  attempt: number;
  started_at_ms: number;
  ended_at_ms: number;
  outcome: "ok" | "retry" | "failed";
  error?: { name: string; message: string; stack?: string };
  retry_at_ms?: number;
};

export type StepRow = {
  run_id: string;
  id: string;
  op: string;
  name: string;
  state: StepState;
  /** JSON of what the step was given besides its name; left out where there is nothing, which is nearly always. */
  input?: string | null;
  /** The value under the step's id in `steps` of the next call, as JSON. Null while there is none. */
  memo: string | null;
  started_at_ms: number;
  ended_at_ms: number | null;
  due_at_ms: number | null;
  race: boolean;
  wait_event: string | null;
  wait_if: string | null;
  wait_key: string | null;
  child_run_id: string | null;
  attempts: Attempt[];
};

const recordset = (sql: Queryable, steps: readonly StepRow[]) => sql`
  json_to_recordset(${asRows(steps)}::text::json) as s(
    run_id text, id text, op text, name text, state text, memo text, started_at_ms bigint, ended_at_ms bigint,
    due_at_ms bigint, race bool, wait_event text, wait_if text, wait_key text, child_run_id text,
    attempts jsonb, input text)`;

/** Two calls of one run may report the same pending step, and a statement may touch a row only once. */
function firstOfEach(steps: readonly StepRow[]): readonly StepRow[] {
  if (steps.length === 1) return steps;
  const seen = new Map<string, StepRow>();
  for (const step of steps) {
    const key = stepKey(step.run_id, step.id);
    if (!seen.has(key)) seen.set(key, step);
  }
  return [...seen.values()];
}

/** Adds steps that the SDK reported as new. Answers which were: a step is reported again while it is pending. */
export async function reportSteps(tx: Transaction, steps: readonly StepRow[]): Promise<Set<string>> {
  if (steps.length === 0) return new Set();
  const rows = await tx<{ run_id: string; id: string }[]>`
    insert into inngest.steps as t (run_id, id, op, name, state, memo, started_at_ms, ended_at_ms, due_at_ms, race,
      wait_event, wait_if, wait_key, child_run_id, attempts, input)
    select s.run_id, s.id, s.op, s.name, s.state, s.memo, s.started_at_ms, s.ended_at_ms, s.due_at_ms, s.race,
      s.wait_event, s.wait_if, s.wait_key, s.child_run_id, s.attempts, s.input
    from ${recordset(tx, firstOfEach(steps))}
    on conflict (run_id, id) do update set state = excluded.state, race = excluded.race
      -- Only giveInput makes such a row: the step is known, and still new.
      where t.state = 'retrying' and t.attempts = '[]'
    returning run_id, id`;
  return new Set(rows.map((row) => stepKey(row.run_id, row.id)));
}

/** Writes the outcome of steps, or one more failed attempt. A step that has ended never changes again. */
export async function settleSteps(tx: Transaction, steps: readonly StepRow[]): Promise<void> {
  if (steps.length === 0) return;
  await tx`
    insert into inngest.steps as t (run_id, id, op, name, state, memo, started_at_ms, ended_at_ms, due_at_ms,
      race, attempts, input, ended_order)
    select s.run_id, s.id, s.op, s.name, s.state, s.memo, s.started_at_ms, s.ended_at_ms, s.due_at_ms,
      s.race, s.attempts, s.input, case when s.ended_at_ms is not null then nextval('inngest.step_order') end
    from ${recordset(tx, steps)}
    on conflict (run_id, id) do update set
      op = excluded.op, state = excluded.state, memo = coalesce(excluded.memo, t.memo), ended_at_ms = excluded.ended_at_ms,
      due_at_ms = excluded.due_at_ms, attempts = t.attempts || excluded.attempts,
      input = coalesce(t.input, excluded.input),
      ended_order = excluded.ended_order
    where t.ended_at_ms is null`;
}

/**
 * Hands a run the results that another run of the function had before one of its steps, so that it begins there.
 * A step that never ended: everything that had.
 */
export async function copyStepsBefore(
  tx: Transaction,
  copy: { from: string; to: string; before: string },
  nowMs: number,
): Promise<void> {
  await tx`
    insert into inngest.steps (run_id, id, op, name, state, memo, ended_order, started_at_ms, ended_at_ms,
      wait_event, wait_if, input)
    select ${copy.to}, s.id, s.op, s.name, s.state, s.memo, s.ended_order, ${nowMs}, ${nowMs},
      s.wait_event, s.wait_if, s.input
    from inngest.steps s, inngest.steps chosen
    where s.run_id = ${copy.from} and s.memo is not null and s.ended_order is not null
      and chosen.run_id = s.run_id and chosen.id = ${copy.before} and s.id <> chosen.id
      and (chosen.ended_order is null or s.ended_order < chosen.ended_order)`;
}

/** Puts a step of another run into a run as one that is still to come, with an input of its own. */
export async function giveInput(
  tx: Transaction,
  given: { from: string; to: string; step: string; input: string },
  memo: string,
  nowMs: number,
): Promise<void> {
  await tx`
    insert into inngest.steps (run_id, id, op, name, state, memo, started_at_ms, input)
    select ${given.to}, id, op, name, 'retrying', ${memo}, ${nowMs}, ${given.input}
    from inngest.steps where run_id = ${given.from} and id = ${given.step}`;
}

export type PendingEnd = { run_id: string; id: string; state: StepState; memo: string };
export type EndedStep = { run_id: string; id: string; race: boolean };

/** Ends pending sleeps, waits and invocations; answers those that were still pending. */
export async function endPendingSteps(
  tx: Transaction,
  ends: readonly PendingEnd[],
  nowMs: number,
): Promise<EndedStep[]> {
  if (ends.length === 0) return [];
  return await tx<EndedStep[]>`
    update inngest.steps t
    set state = e.state, memo = e.memo, ended_at_ms = ${nowMs}, ended_order = nextval('inngest.step_order')
    from json_to_recordset(${asRows(ends)}::text::json) as e(run_id text, id text, state text, memo text)
    where t.run_id = e.run_id and t.id = e.id and t.state in ('sleeping', 'waiting', 'invoking')
    returning t.run_id, t.id, t.race`;
}

/** Turns invocations among steps that timed out into failures with this memo. */
export async function failInvocations(
  tx: Transaction,
  ended: readonly EndedStep[],
  memo: string,
): Promise<void> {
  if (ended.length === 0) return;
  await tx`
    update inngest.steps t set memo = ${memo}, state = 'failed'
    from json_to_recordset(${asRows(ended)}::text::json) as e(run_id text, id text)
    where t.run_id = e.run_id and t.id = e.id and t.op = 'InvokeFunction'`;
}

/** Marks what was pending when its run ended. A sleep that was over, whose call was under way, had ended when it was due. */
export async function cancelSteps(tx: Transaction, runIds: readonly string[], nowMs: number): Promise<void> {
  await tx`
    update inngest.steps s
    set state = case when was_over then 'completed' else 'cancelled' end,
      memo = case when was_over then 'null' else memo end,
      ended_at_ms = case when was_over then due_at_ms else ${nowMs} end
    from (
      select run_id, id, coalesce(op = 'Sleep' and due_at_ms <= ${nowMs}, false) as was_over from inngest.steps
      where run_id = any(${[...runIds]}::text[]) and ended_at_ms is null
    ) pending
    where s.run_id = pending.run_id and s.id = pending.id`;
}

export type WaitingStep = {
  run_id: string;
  id: string;
  wait_event: string;
  wait_if: string | null;
  payload: string;
};

/**
 * Steps that wait for an event of one of these names, with the event that started their run. `keys` narrows
 * it to those that could match (null: all of them).
 */
export async function findWaitingSteps(
  tx: Transaction,
  names: readonly string[],
  keys: readonly string[] | null,
): Promise<WaitingStep[]> {
  return await tx<WaitingStep[]>`
    select s.run_id, s.id, s.wait_event, s.wait_if, e.payload
    from inngest.steps s
    join inngest.runs r on r.id = s.run_id and r.status = 'Running'
    join inngest.events e on e.id = r.event_id
    where s.state = 'waiting' and s.wait_event = any(${[...names]}::text[])
      and (s.wait_key is null or ${keys === null} or s.wait_key = any(${[...(keys ?? [])]}::text[]))`;
}

export type StepStateRow = {
  run_id: string;
  id: string;
  state: StepState;
  memo: string | null;
};

/** What the SDK must know of the runs' steps, in the order in which they ended. */
export async function loadSteps(sql: Queryable, runIds: readonly string[]): Promise<StepStateRow[]> {
  return await sql<StepStateRow[]>`
    select run_id, id, state, memo from inngest.steps
    where run_id = any(${[...runIds]}::text[])
    order by run_id, ended_order nulls last`;
}

export function stepKey(runId: string, stepId: string): string {
  return `${runId}/${stepId}`;
}
