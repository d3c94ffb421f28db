// One transaction's worth of work. Everything that changes a run goes through here, so that a memo and the
// next job, an event and the runs it starts, the end of a run and the events it emits are one commit.
import type { Clock } from "./clock.ts";
import { compileExpression, lookupKeysOf } from "./expressions.ts";
import { newJobId, newUlid, uuidOf } from "./ids.ts";
import { type ErrorInfo, isObject, parseJson } from "./json.ts";
import type { Decision } from "./ops.ts";
import {
  cancelKeyOf,
  cancels,
  idempotencyKeyOf,
  limitKeysOf,
  parsePayload,
  type RegisteredFunction,
  type Registry,
} from "./registry.ts";
import type { Transaction } from "./store/database.ts";
import { insertEvents, loadEvents, startKey, takeStartKeys } from "./store/events.ts";
import {
  deleteJobsOfRuns,
  deleteTimeouts,
  insertJobs,
  type Job,
  type NewJob,
  putBackJobs,
  resumeRuns,
  takeJobs,
} from "./store/jobs.ts";
import {
  type EndedRun,
  endRuns,
  findCancellable,
  insertRuns,
  lockRunning,
  type NewRun,
  noteProgress,
  type RunEnd,
  type RunProgress,
} from "./store/runs.ts";
import {
  cancelSteps,
  type EndedStep,
  endPendingSteps,
  findWaitingSteps,
  type PendingEnd,
  reportSteps,
  settleSteps,
  stepKey,
} from "./store/steps.ts";

/** An event that has been accepted and is about to be stored. */
export type AcceptedEvent = {
  id: string;
  externalId: string | null;
  name: string;
  payload: { [key: string]: unknown };
  /** Real time, as the sender said. */
  tsMs: number;
  /** Starts exactly this function instead of those whose trigger matches. */
  only?: { slug: string; parent?: { runId: string; stepId: string }; cron?: string };
};

export type Result = {
  job: Job;
  decision: Decision;
  /** What the call told about the run itself; null when it told nothing new. */
  progress: Pick<RunProgress, "sdk_version" | "started_at_ms"> | null;
  /** Nothing else of the run was pending: this engine may go on with what it has in memory. */
  mayStayHot: boolean;
};

export type Rerun = { runId: string; newRunId: string; fn: RegisteredFunction; eventId: string };

export type Environment = { owner: number; clock: Clock; registry: () => Registry; appName: () => string };

/** An event id, or an idempotency value, starts a function once in 24 hours, as on the real server. */
const START_ONCE_MS = 24 * 60 * 60 * 1000;

/** Events about runs; runs that these started do not emit them again, or they would breed. */
const ABOUT_RUNS = new Set([
  "inngest/function.failed",
  "inngest/function.finished",
  "inngest/function.cancelled",
]);

export class Work {
  readonly #tx: Transaction;
  readonly #env: Environment;
  readonly #nowMs: number;
  readonly #events: AcceptedEvent[] = [];
  readonly #ends: RunEnd[] = [];
  readonly #parentsToTell: { runId: string; stepId: string; memo: string }[] = [];
  readonly #resumptions = new Map<string, { force: boolean; hot: boolean }>();
  /** Set when other engines should look for jobs. */
  madeDueJobs = false;

  constructor(tx: Transaction, env: Environment) {
    this.#tx = tx;
    this.#env = env;
    this.#nowMs = env.clock.now();
  }

  accept(events: readonly AcceptedEvent[]): void {
    this.#events.push(...events);
  }

  end(end: RunEnd): void {
    this.#ends.push(end);
  }

  /** Writes what came out of calls. Results of jobs that this engine no longer holds are dropped. */
  async settle(results: readonly Result[]): Promise<void> {
    if (results.length === 0) return;
    const retries: { id: string; attempt: number; run_at_ms: number }[] = [];
    const finished: string[] = [];
    for (const { job, decision } of results) {
      const { next } = decision;
      if (next.kind === "retry") retries.push({ id: job.id, attempt: next.attempt, run_at_ms: next.runAtMs });
      else finished.push(job.id);
    }
    // The runs first; a run that has ended has no jobs left to put back or take.
    const [, put, taken] = await Promise.all([
      lockRunning(this.#tx, unique(results.map((one) => one.job.run_id))),
      putBackJobs(this.#tx, this.#env.owner, retries),
      takeJobs(this.#tx, this.#env.owner, finished),
    ]);
    const valid = results.filter(({ job }) => put.has(job.id) || taken.has(job.id));
    const [fresh] = await Promise.all([
      reportSteps(
        this.#tx,
        valid.flatMap((one) => one.decision.reported),
      ),
      settleSteps(
        this.#tx,
        valid.flatMap((one) => one.decision.settled),
      ),
      noteProgress(this.#tx, mergeProgress(valid)),
    ]);
    const jobs: NewJob[] = [];
    for (const { job, decision, mayStayHot } of valid) {
      for (const { of, ...made } of decision.jobs) {
        if (fresh.has(stepKey(job.run_id, of))) jobs.push({ ...made, id: newJobId(), run_id: job.run_id });
      }
      for (const invocation of decision.invocations) {
        if (fresh.has(stepKey(job.run_id, invocation.step_id))) this.#invoke(job.run_id, invocation);
      }
      if (decision.next.kind === "end") this.#ends.push({ id: job.run_id, ...decision.next.end });
      if (decision.next.kind === "resume") this.#resume(job.run_id, decision.next.force, mayStayHot);
    }
    if (jobs.some((job) => job.run_at_ms <= this.#nowMs)) this.madeDueJobs = true;
    await insertJobs(this.#tx, jobs);
  }

  /** Ends sleeps and waits whose time has come. */
  async wake(due: readonly Job[]): Promise<void> {
    if (due.length === 0) return;
    const running = await lockRunning(this.#tx, unique(due.map((job) => job.run_id)));
    const taken = await takeJobs(
      this.#tx,
      this.#env.owner,
      due.map((job) => job.id),
    );
    const ends = due
      .filter((job) => running.has(job.run_id) && taken.has(job.id))
      .map((job): PendingEnd => {
        if (job.kind === "sleep")
          return { run_id: job.run_id, id: job.step_id, state: "completed", memo: "null" };
        return { run_id: job.run_id, id: job.step_id, state: "timed_out", memo: "null" };
      });
    const ended = await endPendingSteps(this.#tx, ends, this.#nowMs);
    await this.#failTimedOutInvocations(ended);
    for (const step of ended) this.#resume(step.run_id, step.race, false);
  }

  /** waitForEvent answers null after its time-out, invoke throws. */
  async #failTimedOutInvocations(ended: readonly EndedStep[]): Promise<void> {
    if (ended.length === 0) return;
    const memo = JSON.stringify({
      error: { name: "InngestInvokeTimeout", message: "The invoked function did not finish in time." },
    });
    await this.#tx`
      update inngest.steps t set memo = ${memo}, state = 'failed'
      from json_to_recordset(${JSON.stringify(ended)}::text::json) as e(run_id text, id text)
      where t.run_id = e.run_id and t.id = e.id and t.op = 'InvokeFunction'`;
  }

  /** Starts a run again with the same event; dedupe does not apply. */
  async rerun(reruns: readonly Rerun[]): Promise<void> {
    if (reruns.length === 0) return;
    const events = await loadEvents(this.#tx, unique(reruns.map((one) => one.eventId)));
    const starts = reruns.flatMap((one) => {
      const event = events.get(one.eventId);
      if (!event) return [];
      const run = this.#newRun(one.fn, one.eventId, parsePayload(event.payload), one.newRunId);
      return [{ run: { ...run, original_run_id: one.runId }, runAtMs: this.#nowMs }];
    });
    await this.#start(starts);
  }

  /**
   * Follows every consequence to its end (an ended run emits events, events start, wake and cancel runs …)
   * and makes the next jobs. Answers jobs that this engine goes on with itself.
   */
  async finish(): Promise<Job[]> {
    while (this.#events.length > 0 || this.#ends.length > 0 || this.#parentsToTell.length > 0) {
      if (this.#ends.length > 0) await this.#endRuns(this.#ends.splice(0));
      if (this.#events.length > 0) await this.#ingest(this.#events.splice(0));
      await this.#tellParents();
    }
    const resumptions = [...this.#resumptions].map(([run_id, how]) => ({ id: newJobId(), run_id, ...how }));
    const made = await resumeRuns(this.#tx, this.#env.owner, resumptions, this.#nowMs);
    const hot = new Set(resumptions.filter((one) => one.hot).map((one) => one.id));
    if (made.some((job) => !hot.has(job.id))) this.madeDueJobs = true;
    return made.filter((job) => hot.has(job.id));
  }

  #resume(runId: string, force: boolean, hot: boolean): void {
    const known = this.#resumptions.get(runId);
    this.#resumptions.set(runId, {
      force: force || (known?.force ?? false),
      // Two reasons to go on: the state in memory no longer tells the whole story, so load it again.
      hot: known === undefined && hot,
    });
  }

  #invoke(runId: string, invocation: Decision["invocations"][number]): void {
    const fn = this.#env.registry().functions.get(invocation.function_slug);
    if (!fn || fn.archivedAtMs !== null) {
      const error: ErrorInfo = {
        name: "Error",
        message: `could not find function with ID: ${invocation.function_slug}`,
      };
      this.#parentsToTell.push({ runId, stepId: invocation.step_id, memo: JSON.stringify({ error }) });
      return;
    }
    const id = newUlid(this.#env.clock.realNow());
    const data = isObject(invocation.data) ? invocation.data : {};
    this.#events.push({
      id,
      externalId: null,
      name: "inngest/function.invoked",
      payload: {
        data: {
          ...data,
          _inngest: {
            correlation_id: `${runId}.${invocation.step_id}`,
            fn_id: fn.slug,
            name: invocation.name,
            source_app_id: uuidOf(`app:${this.#env.appName()}`),
            source_fn_v: 1,
          },
        },
        id,
        name: "inngest/function.invoked",
        ts: this.#env.clock.realNow(),
        user: invocation.user,
      },
      tsMs: this.#env.clock.realNow(),
      only: { slug: fn.slug, parent: { runId, stepId: invocation.step_id } },
    });
  }

  async #ingest(accepted: readonly AcceptedEvent[]): Promise<void> {
    const byId = new Map(accepted.map((event) => [event.id, event]));
    const fresh = await insertEvents(
      this.#tx,
      [...byId.values()].map((event) => ({
        id: event.id,
        external_id: event.externalId,
        name: event.name,
        payload: JSON.stringify(event.payload),
        ts_ms: event.tsMs,
        received_at_ms: this.#nowMs,
      })),
    );
    const events = [...byId.values()].filter((event) => fresh.has(event.id));
    if (events.length === 0) return;
    await this.#startRuns(events);
    await this.#wakeWaiting(events);
    await this.#cancelRuns(events);
  }

  #newRun(fn: RegisteredFunction, eventId: string, event: unknown, id?: string): NewRun {
    return {
      id: id ?? newUlid(this.#env.clock.realNow()),
      function_slug: fn.slug,
      event_id: eventId,
      max_attempts: fn.maxAttempts,
      limit_keys: limitKeysOf(fn, event),
      cancel_key: cancelKeyOf(fn, event),
      cron: null,
      parent_run_id: null,
      parent_step_id: null,
      original_run_id: null,
      created_at_ms: this.#nowMs,
    };
  }

  async #startRuns(events: readonly AcceptedEvent[]): Promise<void> {
    const registry = this.#env.registry();
    const starts: { run: NewRun; runAtMs: number; keys: string[] }[] = [];
    for (const event of events) {
      const only = event.only ? registry.functions.get(event.only.slug) : undefined;
      const functions = event.only ? (only ? [only] : []) : registry.startedBy(event.name, event.payload);
      // A `ts` in the future delays the run; it is the sender's, so real time.
      const runAtMs = Math.max(this.#nowMs, this.#env.clock.fromReal(event.tsMs));
      for (const fn of functions) {
        const idempotency = event.only?.parent ? null : idempotencyKeyOf(fn, event.payload);
        const keys = [
          ...(event.externalId === null ? [] : [`event:${event.externalId}`]),
          ...(idempotency === null ? [] : [`value:${idempotency}`]),
        ];
        const run = {
          ...this.#newRun(fn, event.id, event.payload),
          cron: event.only?.cron ?? null,
          parent_run_id: event.only?.parent?.runId ?? null,
          parent_step_id: event.only?.parent?.stepId ?? null,
        };
        starts.push({ run, runAtMs: event.only ? this.#nowMs : runAtMs, keys });
      }
    }
    // Within one transaction the first wins; against earlier ones the table decides.
    const seen = new Set<string>();
    const first = starts.filter(({ run, keys }) => {
      const own = keys.map((key) => startKey({ function_slug: run.function_slug, key }));
      if (own.some((key) => seen.has(key))) return false;
      for (const key of own) seen.add(key);
      return true;
    });
    const free = await takeStartKeys(
      this.#tx,
      first.flatMap(({ run, keys }) => keys.map((key) => ({ function_slug: run.function_slug, key }))),
      this.#nowMs,
      this.#nowMs + START_ONCE_MS,
    );
    await this.#start(
      first.filter(({ run, keys }) =>
        keys.every((key) => free.has(startKey({ function_slug: run.function_slug, key }))),
      ),
    );
  }

  async #start(starts: readonly { run: NewRun; runAtMs: number }[]): Promise<void> {
    if (starts.length === 0) return;
    if (starts.some((one) => one.runAtMs <= this.#nowMs)) this.madeDueJobs = true;
    await Promise.all([
      insertRuns(
        this.#tx,
        starts.map((one) => one.run),
      ),
      insertJobs(
        this.#tx,
        starts.map(({ run, runAtMs }) => ({
          id: newJobId(),
          run_id: run.id,
          kind: "call" as const,
          step_id: "step",
          wakes: null,
          run_at_ms: runAtMs,
        })),
      ),
    ]);
  }

  async #wakeWaiting(events: readonly AcceptedEvent[]): Promise<void> {
    const waiting = await findWaitingSteps(this.#tx, unique(events.map((one) => one.name)), keysOf(events));
    const matched = new Map<string, PendingEnd>();
    for (const event of events) {
      for (const step of waiting) {
        const key = stepKey(step.run_id, step.id);
        if (step.wait_event !== event.name || matched.has(key)) continue;
        const variables = { event: parsePayload(step.payload), async: event.payload };
        if (step.wait_if !== null && !compileExpression(step.wait_if).matches(variables)) continue;
        const memo = JSON.stringify(event.payload);
        matched.set(key, { run_id: step.run_id, id: step.id, state: "completed", memo });
      }
    }
    await this.#endSteps([...matched.values()]);
  }

  /** Ends pending steps of runs and goes on with those runs. */
  async #endSteps(ends: readonly PendingEnd[]): Promise<void> {
    if (ends.length === 0) return;
    const running = await lockRunning(this.#tx, unique(ends.map((one) => one.run_id)));
    const ended = await endPendingSteps(
      this.#tx,
      ends.filter((one) => running.has(one.run_id)),
      this.#nowMs,
    );
    await deleteTimeouts(this.#tx, ended);
    for (const step of ended) this.#resume(step.run_id, step.race, false);
  }

  async #cancelRuns(events: readonly AcceptedEvent[]): Promise<void> {
    const registry = this.#env.registry();
    const cancelling = events.filter((event) => registry.cancelledBy(event.name).length > 0);
    if (cancelling.length === 0) return;
    const slugs = unique(
      cancelling.flatMap((event) => registry.cancelledBy(event.name).map((fn) => fn.slug)),
    );
    const runs = await findCancellable(
      this.#tx,
      slugs,
      keysOf(cancelling),
      cancelling.map((event) => event.id),
    );
    for (const run of runs) {
      const fn = registry.functions.get(run.function_slug);
      if (!fn) continue;
      const about = { event: parsePayload(run.payload), ageMs: this.#nowMs - run.created_at_ms };
      const by = cancelling.find((event) => cancels(fn, about, { name: event.name, event: event.payload }));
      if (!by) continue;
      this.#ends.push({
        id: run.id,
        status: "Cancelled",
        output: null,
        error: JSON.stringify({
          name: "Cancelled",
          message: `Cancelled by the event ${by.name} (${by.id}).`,
        }),
      });
    }
  }

  async #endRuns(ends: readonly RunEnd[]): Promise<void> {
    const byId = new Map(ends.map((end) => [end.id, end]));
    await lockRunning(this.#tx, [...byId.keys()]);
    const ended = await endRuns(this.#tx, [...byId.values()], this.#nowMs);
    const ids = ended.map((run) => run.id);
    await Promise.all([
      deleteJobsOfRuns(this.#tx, ids),
      // A run that completed normally has nothing pending, unless steps raced.
      cancelSteps(this.#tx, ids, this.#nowMs),
    ]);
    for (const run of ended) {
      if (run.parent_run_id !== null && run.parent_step_id !== null) {
        const memo = memoForParent(run);
        this.#parentsToTell.push({ runId: run.parent_run_id, stepId: run.parent_step_id, memo });
      }
      this.#events.push(...this.#eventsAbout(run));
    }
  }

  /** Hands the results of invoked functions to the steps that wait for them. */
  async #tellParents(): Promise<void> {
    const told = this.#parentsToTell.splice(0);
    await this.#endSteps(
      told.map(({ runId, stepId, memo }) => ({
        run_id: runId,
        id: stepId,
        state: memo.startsWith('{"error"') ? ("failed" as const) : ("completed" as const),
        memo,
      })),
    );
  }

  #eventsAbout(run: EndedRun): AcceptedEvent[] {
    const trigger = parsePayload(run.payload);
    if (ABOUT_RUNS.has(String(trigger.name))) return [];
    const { user: _user, ...bare } = trigger;
    const common = { event: trigger, events: [bare], function_id: run.function_slug, run_id: run.id };
    const error = run.error === null ? null : parseJson(run.error);
    const events: AcceptedEvent[] = [];
    const emit = (name: string, externalId: string | null, data: { [key: string]: unknown }) => {
      const realNow = this.#env.clock.realNow();
      const id = newUlid(realNow);
      events.push({
        id,
        externalId,
        name,
        payload: { data, id: externalId ?? id, name, ts: realNow, user: {} },
        tsMs: realNow,
      });
    };
    if (run.status === "Failed" && isObject(error)) {
      emit("inngest/function.failed", run.id, {
        _inngest: { status: "Failed" },
        error: { error: error.name, ...error },
        ...common,
        result: { __serialized: true, ...error },
      });
    }
    if (run.status === "Cancelled") {
      emit("inngest/function.cancelled", run.id, {
        _inngest: { status: "Cancelled" },
        error: { error: "function cancelled", name: "function cancelled", message: "function cancelled" },
        ...common,
      });
    }
    emit("inngest/function.finished", null, {
      _inngest: { status: run.status },
      ...(isObject(error) ? { error: { error: error.name, ...error } } : {}),
      ...common,
      result: run.output === null ? null : parseJson(run.output),
    });
    return events;
  }
}

function memoForParent(run: EndedRun): string {
  if (run.status === "Completed") return `{"data":${run.output ?? "null"}}`;
  if (run.status === "Failed") return `{"error":${run.error ?? "{}"}}`;
  return JSON.stringify({ error: { name: "Error", message: "The invoked function was cancelled." } });
}

/** All lookup keys of these events, or null when one of them has too many to list. */
function keysOf(events: readonly AcceptedEvent[]): string[] | null {
  const all: string[] = [];
  for (const event of events) {
    const keys = lookupKeysOf(event.payload);
    if (keys === null) return null;
    all.push(...keys);
  }
  return unique(all);
}

/** One row a run: two calls of one run may end in the same transaction. */
function mergeProgress(results: readonly Result[]): RunProgress[] {
  const byRun = new Map<string, RunProgress>();
  for (const { job, decision, progress } of results) {
    if (progress === null) continue;
    const known = byRun.get(job.run_id);
    byRun.set(job.run_id, {
      id: job.run_id,
      sdk_version: progress.sdk_version,
      started_at_ms: Math.min(progress.started_at_ms, known?.started_at_ms ?? progress.started_at_ms),
      attempts: [...(known?.attempts ?? []), ...decision.runAttempts],
    });
  }
  return [...byRun.values()];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
