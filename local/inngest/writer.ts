// Group commit: what arrives while a transaction is on its way goes into the next one. One writer per engine,
// so its transactions never wait for each other, and a busy engine pays one fsync for many steps.

import type { AcceptedEvent } from "./internal-events.ts";
import type { Rerun } from "./reruns.ts";
import type { Sql } from "./store/database.ts";
import { isTransient } from "./store/database.ts";
import type { Job } from "./store/jobs.ts";
import type { RunEnd } from "./store/runs.ts";
import { type Environment, type Result, Work } from "./work.ts";

export type Command =
  | { kind: "result"; result: Result }
  | { kind: "due"; job: Job }
  | { kind: "events"; events: AcceptedEvent[] }
  | { kind: "end"; end: RunEnd }
  | { kind: "rerun"; rerun: Rerun };

type Waiting = {
  command: Command;
  /** With the job that the same engine goes on with, if there is one. */
  resolve: (next: Job | null) => void;
  reject: (error: unknown) => void;
  attempts: number;
};

/** Commands in one transaction: enough to share an fsync, few enough to keep the locks short. */
const BATCH_MAX = 200;
/** How long an event's sender waits for a lost database before it is told; the SDK repeats the request. */
const EVENT_TRIES_MAX = 3;
const PAUSE_MAX_MS = 1_000;

export type WriterOptions = {
  sql: Sql;
  environment: Environment;
  /** Called after each commit that made jobs, with the time when the first of them is due. */
  onJobs: (earliestDueMs: number) => void;
  log: (message: string) => void;
};

export class Writer {
  readonly #options: WriterOptions;
  #queue: Waiting[] = [];
  #isWriting = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the command is committed. Results of calls are tried until the database is back; events
   * are rejected after a few tries, because their sender can repeat them.
   */
  submit(command: Command): Promise<Job | null> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, resolve, reject, attempts: 0 });
      if (!this.#isWriting) {
        this.#isWriting = true;
        // A microtask later, so that what was submitted together is written together.
        queueMicrotask(() => void this.#drain());
      }
    });
  }

  async #drain(): Promise<void> {
    let failuresInARow = 0;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH_MAX);
      try {
        await this.#commit(batch);
        failuresInARow = 0;
      } catch (error) {
        if (isTransient(error)) {
          failuresInARow++;
          if (failuresInARow === 1)
            this.#options.log(`The database did not take a write: ${describe(error)}`);
          this.#queue.unshift(...batch.filter((one) => this.#mayTryAgain(one, error)));
          await pause(Math.min(50 * 2 ** failuresInARow, PAUSE_MAX_MS));
        } else if (batch.length > 1) await this.#commitOneByOne(batch);
        else batch[0]?.reject(error);
      }
    }
    this.#isWriting = false;
  }

  #mayTryAgain(waiting: Waiting, error: unknown): boolean {
    waiting.attempts++;
    const isPatient = waiting.command.kind === "result" || waiting.command.kind === "due";
    if (isPatient || waiting.attempts < EVENT_TRIES_MAX) return true;
    waiting.reject(error);
    return false;
  }

  /** One command that the database refuses must not take the others with it. */
  async #commitOneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const one of batch) {
      try {
        await this.#commit([one]);
      } catch (error) {
        if (isTransient(error)) this.#queue.unshift(one);
        else one.reject(error);
      }
    }
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    let earliestDueMs = Number.POSITIVE_INFINITY;
    const hot = await this.#options.sql.begin(async (tx) => {
      const work = new Work(tx, this.#options.environment);
      const jobs = await perform(work, batch);
      earliestDueMs = work.earliestDueMs;
      return jobs;
    });
    const byRun = new Map(hot.map((job) => [job.run_id, job]));
    for (const { command, resolve } of batch) {
      const next = command.kind === "result" ? byRun.get(command.result.job.run_id) : undefined;
      if (next) byRun.delete(next.run_id);
      resolve(next ?? null);
    }
    if (earliestDueMs !== Number.POSITIVE_INFINITY) this.#options.onJobs(earliestDueMs);
  }
}

async function perform(work: Work, batch: readonly Waiting[]): Promise<Job[]> {
  const results: Result[] = [];
  const due: Job[] = [];
  const reruns: Rerun[] = [];
  for (const { command } of batch) {
    if (command.kind === "result") results.push(command.result);
    else if (command.kind === "due") due.push(command.job);
    else if (command.kind === "events") work.accept(command.events);
    else if (command.kind === "end") work.end(command.end);
    else reruns.push(command.rerun);
  }
  await work.settle(results);
  await work.wake(due);
  await work.rerun(reruns);
  return await work.finish();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
