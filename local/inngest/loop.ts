// Claims due jobs, calls the app for each, and hands the outcome to the writer.
import { buildCall, CALL_TIMEOUT_MS, type Caller, readAnswer, signRequest, unreachable } from "./call.ts";
import type { Clock } from "./clock.ts";
import { newUlid } from "./ids.ts";
import { type Answer, decide, emptyDecision, failed } from "./ops.ts";
import { RUN_STATE_BYTES_MAX } from "./protocol.ts";
import { parsePayload, type Registry } from "./registry.ts";
import { loadStates, type RunState } from "./run-state.ts";
import type { Sql } from "./store/database.ts";
import { claimJobs, findNextDue, type Job } from "./store/jobs.ts";
import type { Result } from "./work.ts";
import type { Writer } from "./writer.ts";

export type LoopOptions = {
  sql: Sql;
  owner: number;
  clock: Clock;
  caller: Caller;
  writer: () => Writer;
  registry: () => Registry;
  signingKey: string | null;
  parallelMax: number;
  jitterMs: () => number;
  /** Nothing is begun then; call wake when it is over. */
  isHeld: () => boolean;
  log: (message: string) => void;
};

/** setTimeout's longest delay. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** The net under NOTIFY and the timers. */
const POLL_MS = 5_000;

export class Loop {
  readonly #options: LoopOptions;
  readonly #inFlight = new Map<string, { job: Job; state: RunState | null }>();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  /** Engine time at which the timer fires. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** The earliest job announced since the database was last asked for it. */
  #expectedMs = Number.POSITIVE_INFINITY;
  /** Jobs due up to this engine time have been claimed, or wait for a place. */
  #claimedUpToMs = 0;
  #isPumping = false;
  #isWoken = false;
  #isStopped = false;
  #failuresInARow = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  get jobIds(): string[] {
    return [...this.#inFlight.keys()];
  }

  /** Looks for due jobs now. Cheap to call often. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isPumping && !this.#isStopped) void this.#pump();
  }

  /** A job will be due at this engine time: be awake then. */
  expect(dueMs: number): void {
    const nowMs = this.#options.clock.now();
    if (dueMs <= nowMs) {
      this.wake();
      return;
    }
    this.#expectedMs = Math.min(this.#expectedMs, dueMs);
    if (!this.#isPumping && dueMs < this.#timerAtMs) this.#setTimer(dueMs - nowMs);
  }

  /** A run was changed by somebody else while its call is under way: load it again before the next one. */
  markStale(runId: string): void {
    for (const { state } of this.#inFlight.values()) if (state?.run.id === runId) state.isStale = true;
  }

  /** Lets calls that are under way finish for up to `graceMs`, then gives them up. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    const until = Date.now() + graceMs;
    while (this.#inFlight.size > 0 && Date.now() < until) await new Promise((r) => setTimeout(r, 10));
    this.#abort.abort();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      while (this.#isWoken && !this.#isStopped) {
        this.#isWoken = false;
        if (this.#options.isHeld()) return this.#setTimer(POLL_MS);
        const room = this.#options.parallelMax - this.#inFlight.size;
        // Whatever ends wakes the loop again.
        if (room <= 0) return this.#setTimer(POLL_MS);
        const jobs = await this.#claim(room);
        if (jobs.length > 0) this.#isWoken = true;
        await this.#dispatch(jobs);
      }
      this.#failuresInARow = 0;
      await this.#sleepUntilDue();
    } catch (error) {
      this.#failuresInARow++;
      if (this.#failuresInARow === 1) this.#options.log(`Could not look for work: ${String(error)}`);
      this.#setTimer(Math.min(50 * 2 ** this.#failuresInARow, 1_000));
    } finally {
      this.#isPumping = false;
    }
    if (this.#isWoken && !this.#isStopped && this.#inFlight.size < this.#options.parallelMax) {
      if (this.#failuresInARow === 0) void this.#pump();
    }
  }

  async #claim(room: number): Promise<Job[]> {
    const { sql, owner, clock } = this.#options;
    const nowMs = clock.now();
    const jobs = await claimJobs(sql, owner, room, nowMs, this.#options.registry().limits);
    this.#claimedUpToMs = nowMs;
    for (const job of jobs) this.#inFlight.set(job.id, { job, state: null });
    return jobs;
  }

  async #sleepUntilDue(): Promise<void> {
    this.#expectedMs = Number.POSITIVE_INFINITY;
    const found = await findNextDue(this.#options.sql, this.#claimedUpToMs);
    const next = Math.min(found ?? Number.POSITIVE_INFINITY, this.#expectedMs);
    this.#setTimer(Math.min(next - this.#options.clock.now(), POLL_MS));
  }

  #setTimer(delayMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const inMs = Math.min(Math.max(delayMs, 0), TIMER_MAX_MS);
    this.#timerAtMs = this.#options.clock.now() + inMs;
    this.#timer = setTimeout(() => this.wake(), inMs);
  }

  async #dispatch(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    const calls = jobs.filter((job) => job.kind === "call");
    for (const job of jobs) if (job.kind !== "call") void this.#finishDue(job);
    if (calls.length === 0) return;
    try {
      const states = await loadStates(this.#options.sql, [...new Set(calls.map((job) => job.run_id))]);
      for (const job of calls) {
        const state = states.get(job.run_id);
        if (state) void this.#execute(job, state);
        else {
          // No run, no work; left alone the job would come back with every lease that ends.
          await this.#options.sql`delete from inngest.jobs where id = ${job.id}`;
          this.#release(job);
        }
      }
    } catch (error) {
      // The leases are ours but not renewed any more: they run out and the jobs come back.
      for (const job of calls) this.#release(job);
      throw error;
    }
  }

  #release(job: Job): void {
    this.#inFlight.delete(job.id);
  }

  async #finishDue(job: Job): Promise<void> {
    try {
      await this.#options.writer().submit({ kind: "due", job });
    } catch (error) {
      this.#options.log(`Could not end step ${job.step_id} of run ${job.run_id}: ${String(error)}`);
    } finally {
      this.#release(job);
      this.wake();
    }
  }

  /** Makes the call of one job and, as long as nothing else concerns the run, those that follow from it. */
  async #execute(first: Job, state: RunState): Promise<void> {
    let job: Job | null = first;
    while (job !== null) {
      const current: Job = job;
      this.#inFlight.set(current.id, { job: current, state });
      try {
        job = await this.#executeOnce(current, state);
      } catch (error) {
        job = null;
        if (!this.#abort.signal.aborted) {
          this.#options.log(`The outcome of job ${current.id} could not be stored: ${String(error)}`);
          await this.#failRun(current, error);
        }
      } finally {
        this.#release(current);
      }
      if (this.#isStopped) break;
    }
    this.wake();
  }

  async #executeOnce(job: Job, state: RunState): Promise<Job | null> {
    const { clock } = this.#options;
    if (job.wakes !== null) {
      // The sleep this call ends: its memo is there for the SDK now, and is written with the outcome.
      if (!state.memos.has(job.wakes)) state.pendingCount--;
      state.memos.set(job.wakes, "null");
    }
    const isAlone = state.pendingCount <= 0 && state.jobCount <= 1;
    const answer = this.#refuse(job, state) ?? (await this.#call(job, state));
    if (answer === null) return null;
    const decision = decide(
      {
        job,
        maxAttempts: state.run.max_attempts,
        event: parsePayload(state.event),
        stepCount: state.stepCount,
        isAlone,
      },
      answer,
      clock,
      this.#options.jitterMs,
    );
    const sdkVersion = answer.sdkVersion ?? state.run.sdk_version;
    const isNews =
      state.run.started_at_ms === null ||
      sdkVersion !== state.run.sdk_version ||
      decision.runAttempts.length > 0;
    const startedAtMs = state.run.started_at_ms ?? answer.startedAtMs;
    const result: Result = {
      job,
      decision,
      progress: isNews ? { sdk_version: sdkVersion, started_at_ms: startedAtMs } : null,
      mayStayHot: isAlone && !state.isStale && !this.#isStopped,
    };
    const next = await this.#options.writer().submit({ kind: "result", result });
    state.run = { ...state.run, sdk_version: sdkVersion, started_at_ms: startedAtMs };
    for (const step of decision.settled) {
      if (step.memo === null) continue;
      if (!state.memos.has(step.id)) state.stepCount++;
      state.memos.set(step.id, step.memo);
    }
    return next;
  }

  /** Reasons to end a run before the app is called. */
  #refuse(job: Job, state: RunState): Answer | null {
    const fn = this.#options.registry().functions.get(state.run.function_slug);
    const at = { startedAtMs: this.#options.clock.now(), endedAtMs: this.#options.clock.now() };
    const refusal = (name: string, message: string): Answer => ({
      kind: "error",
      error: { name, message },
      isFinal: true,
      retryAfter: null,
      sdkVersion: null,
      ...at,
    });
    if (!fn || fn.archivedAtMs !== null) {
      return refusal("FunctionRemoved", `The app no longer has the function "${state.run.function_slug}".`);
    }
    let size = state.event.length;
    for (const memo of state.memos.values()) size += memo.length;
    if (size > RUN_STATE_BYTES_MAX) {
      return refusal(
        "LimitExceeded",
        "The event and the step outputs of this run are larger than 32 MB together.",
      );
    }
    return job.run_id === state.run.id ? null : refusal("Internal", "The job belongs to another run.");
  }

  /** Null when the engine is stopping and the call was given up: the job stays as it was. */
  async #call(job: Job, state: RunState): Promise<Answer | null> {
    const { clock, caller, signingKey } = this.#options;
    const request = signRequest(
      buildCall({
        job,
        functionSlug: state.run.function_slug,
        maxAttempts: state.run.max_attempts,
        sdkVersion: state.run.sdk_version,
        event: state.event,
        memos: state.memos,
        // A planned step runs by itself; while others are pending the SDK must not run one of them here.
        disableImmediateExecution: job.step_id !== "step" || state.pendingCount > 0,
        requestId: newUlid(clock.realNow()),
      }),
      signingKey,
      clock.realNow(),
    );
    const startedAtMs = clock.now();
    const timing = () => ({ startedAtMs, endedAtMs: clock.now() });
    try {
      const options = { timeoutMs: CALL_TIMEOUT_MS, signal: this.#abort.signal };
      const response = await caller.request("POST", request.query, request.headers, request.body, options);
      return readAnswer(response, signingKey, timing());
    } catch (error) {
      if (this.#abort.signal.aborted) return null;
      return unreachable(error, timing());
    }
  }

  /** The database refuses what the app answered: better a run that fails clearly than one that hangs. */
  async #failRun(job: Job, error: unknown): Promise<void> {
    const message = `The outcome of a call could not be stored: ${error instanceof Error ? error.message : String(error)}`;
    const decision = { ...emptyDecision(), next: failed({ name: "NotStorable", message }) };
    const result: Result = { job, decision, progress: null, mayStayHot: false };
    await this.#options
      .writer()
      .submit({ kind: "result", result })
      .catch(() => {});
  }
}
