// One transaction's worth of work. Everything that changes a run goes through here, so that a memo and the
// next job, an event and the runs it starts, the end of a run and the events it emits are one commit.
import type { Clock } from "./clock.ts";
import { keysOf, matchCancelled, matchWaiting, planStarts, type Start } from "./consequences.ts";
import { newJobId } from "./ids.ts";
import { type AcceptedEvent, eventsAbout, invokedEvent, memoForParent } from "./internal-events.ts";
import type { ErrorInfo } from "./json.ts";
import type { Decision, Invocation } from "./ops.ts";
import type { Registry } from "./registry.ts";
import { planReruns, type Rerun, takeOverSteps } from "./reruns.ts";
import type { Transaction } from "./store/database.ts";
import { insertEvents, startKey, takeStartKeys } from "./store/events.ts";
import {
  deleteJobsOfRuns,
  deleteTimeouts,
  insertJobs,
  type Job,
  type NewJob,
  notifyJobs,
  putBackJobs,
  resumeRuns,
  takeJobs,
} from "./store/jobs.ts";
import {
  endRuns,
  findCancellable,
  insertRuns,
  lockRunning,
  noteProgress,
  type RunEnd,
  type RunProgress,
} from "./store/runs.ts";
import {
  cancelSteps,
  endPendingSteps,
  failInvocations,
  findWaitingSteps,
  type PendingEnd,
  reportSteps,
  settleSteps,
  stepKey,
} from "./store/steps.ts";

export type Result = {
  job: Job;
  decision: Decision;
  /** What the call told about the run itself; null when it told nothing new. */
  progress: Pick<RunProgress, "sdk_version" | "started_at_ms"> | null;
  /** Nothing else of the run was pending: this engine may go on with what it has in memory. */
  mayStayHot: boolean;
};

export type Environment = { owner: number; clock: Clock; registry: () => Registry; appName: () => string };

/** An event id, or an idempotency value, starts a function once in 24 hours, as on the real server. */
const START_ONCE_MS = 24 * 60 * 60 * 1000;

/** waitForEvent answers null after its time-out, invoke throws. */
const INVOKE_TIMED_OUT = JSON.stringify({
  error: { name: "InngestInvokeTimeout", message: "The invoked function did not finish in time." },
});

export class Work {
  readonly #tx: Transaction;
  readonly #env: Environment;
  readonly #nowMs: number;
  readonly #events: AcceptedEvent[] = [];
  readonly #ends: RunEnd[] = [];
  readonly #parentsToTell: { runId: string; stepId: string; memo: string }[] = [];
  readonly #resumptions = new Map<string, { force: boolean; hot: boolean }>();
  /** When the first of the jobs made here is due, engine time; infinite when none was made. */
  earliestDueMs = Number.POSITIVE_INFINITY;

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
    for (const retry of retries) this.#expect(retry.run_at_ms);
    await this.#insertJobs(jobs);
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
    await failInvocations(this.#tx, ended, INVOKE_TIMED_OUT);
    for (const step of ended) this.#resume(step.run_id, step.race, false);
  }

  /** Starts runs again with the same event; dedupe does not apply. */
  async rerun(reruns: readonly Rerun[]): Promise<void> {
    if (reruns.length === 0) return;
    await this.#start(await planReruns(this.#tx, reruns, this.#env.clock));
    await takeOverSteps(this.#tx, reruns, this.#nowMs);
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
    const mayBeDue = this.earliestDueMs <= this.#env.clock.now() || resumptions.some((one) => !one.hot);
    const [made] = await Promise.all([
      resumeRuns(this.#tx, this.#env.owner, resumptions, this.#nowMs),
      // For other engines. Later jobs need no word: this engine has a timer, and the others look by themselves.
      ...(mayBeDue ? [notifyJobs(this.#tx, this.#env.owner)] : []),
    ]);
    const hot = new Set(resumptions.filter((one) => one.hot).map((one) => one.id));
    for (const job of made) if (!hot.has(job.id)) this.#expect(job.run_at_ms);
    return made.filter((job) => hot.has(job.id));
  }

  #expect(dueMs: number): void {
    this.earliestDueMs = Math.min(this.earliestDueMs, dueMs);
  }

  async #insertJobs(jobs: readonly NewJob[]): Promise<void> {
    for (const job of jobs) this.#expect(job.run_at_ms);
    await insertJobs(this.#tx, jobs);
  }

  #resume(runId: string, force: boolean, hot: boolean): void {
    const known = this.#resumptions.get(runId);
    this.#resumptions.set(runId, {
      force: force || (known?.force ?? false),
      // Two reasons to go on: the state in memory no longer tells the whole story, so load it again.
      hot: known === undefined && hot,
    });
  }

  #invoke(runId: string, invocation: Invocation): void {
    const fn = this.#env.registry().functions.get(invocation.function_slug);
    if (fn && fn.archivedAtMs === null) {
      this.#events.push(invokedEvent(runId, invocation, this.#env.appName(), this.#env.clock));
      return;
    }
    const error: ErrorInfo = {
      name: "Error",
      message: `could not find function with ID: ${invocation.function_slug}`,
    };
    this.#parentsToTell.push({ runId, stepId: invocation.step_id, memo: JSON.stringify({ error }) });
  }

  async #ingest(accepted: readonly AcceptedEvent[]): Promise<void> {
    const byId = new Map(accepted.map((event) => [event.id, event]));
    const all = [...byId.values()];
    const [fresh, waiting] = await Promise.all([
      insertEvents(
        this.#tx,
        all.map((event) => ({
          id: event.id,
          external_id: event.externalId,
          name: event.name,
          payload: JSON.stringify(event.payload),
          ts_ms: event.tsMs,
          received_at_ms: this.#nowMs,
        })),
      ),
      findWaitingSteps(this.#tx, unique(all.map((event) => event.name)), keysOf(all)),
    ]);
    const events = all.filter((event) => fresh.has(event.id));
    if (events.length === 0) return;
    await this.#startRuns(events);
    await this.#endSteps(matchWaiting(events, waiting));
    // After the starts: an event may cancel what another one of the same transaction has begun.
    await this.#cancelRuns(events);
  }

  async #startRuns(events: readonly AcceptedEvent[]): Promise<void> {
    const starts = planStarts(events, this.#env.registry(), this.#env.clock);
    const free = await takeStartKeys(
      this.#tx,
      starts.flatMap((start) => start.keys),
      this.#nowMs,
      this.#nowMs + START_ONCE_MS,
    );
    await this.#start(starts.filter(({ keys }) => keys.every((key) => free.has(startKey(key)))));
  }

  async #start(starts: readonly Start[]): Promise<void> {
    if (starts.length === 0) return;
    const jobs = starts.map(({ run, runAtMs }) => ({
      id: newJobId(),
      run_id: run.id,
      kind: "call" as const,
      step_id: "step",
      wakes: null,
      run_at_ms: runAtMs,
    }));
    const runs = starts.map((one) => one.run);
    await Promise.all([insertRuns(this.#tx, runs), this.#insertJobs(jobs)]);
  }

  /** Ends pending steps of runs and goes on with those runs. */
  async #endSteps(ends: readonly PendingEnd[]): Promise<void> {
    if (ends.length === 0) return;
    // Steps of a run that has ended are not pending any more.
    const [, ended] = await Promise.all([
      lockRunning(this.#tx, unique(ends.map((one) => one.run_id))),
      endPendingSteps(this.#tx, ends, this.#nowMs),
    ]);
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
    this.#ends.push(...matchCancelled(cancelling, runs, registry, this.#nowMs));
  }

  async #endRuns(ends: readonly RunEnd[]): Promise<void> {
    const byId = new Map(ends.map((end) => [end.id, end]));
    const ids = [...byId.keys()];
    const [, ended] = await Promise.all([
      lockRunning(this.#tx, ids),
      endRuns(this.#tx, [...byId.values()], this.#nowMs),
      // Of runs that had ended before, neither finds anything.
      deleteJobsOfRuns(this.#tx, ids),
      cancelSteps(this.#tx, ids, this.#nowMs),
    ]);
    for (const run of ended) {
      if (run.parent_run_id !== null && run.parent_step_id !== null) {
        const memo = memoForParent(run);
        this.#parentsToTell.push({ runId: run.parent_run_id, stepId: run.parent_step_id, memo });
      }
      this.#events.push(...eventsAbout(run, this.#env.clock));
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
