// The rows that answers turn into: steps, their attempts, their jobs, and the errors that end runs. Pure.
import { type ErrorInfo, plainText } from "./json.ts";
import type { Op } from "./protocol.ts";
import type { Job } from "./store/jobs.ts";
import type { Attempt, StepRow } from "./store/steps.ts";

export type Failure = { error: ErrorInfo; isFinal: boolean; retryAfter: string | null };
export type Timing = { startedAtMs: number; endedAtMs: number };

export type NewStepJob = {
  kind: "call" | "sleep" | "timeout";
  step_id: string;
  wakes: string | null;
  run_at_ms: number;
};

/** The row of a sleep that has ended when it was due. */
export function wokenStep(runId: string, stepId: string, dueAtMs: number): StepRow {
  return {
    ...newStep(runId, stepId, "Sleep", "", dueAtMs),
    state: "completed",
    memo: "null",
    ended_at_ms: dueAtMs,
    due_at_ms: dueAtMs,
  };
}

export function newStep(runId: string, id: string, op: string, name: string, startedAtMs: number): StepRow {
  return {
    run_id: runId,
    id,
    op,
    name,
    state: "planned",
    memo: null,
    started_at_ms: startedAtMs,
    ended_at_ms: null,
    due_at_ms: null,
    race: false,
    wait_event: null,
    wait_if: null,
    wait_key: null,
    child_run_id: null,
    attempts: [],
  };
}

export function attemptOf(
  job: Job,
  timing: Timing,
  failure: Failure | null,
  retryAtMs: number | null,
): Attempt {
  const error = failure?.error;
  return {
    attempt: job.attempt,
    started_at_ms: timing.startedAtMs,
    ended_at_ms: timing.endedAtMs,
    outcome: failure === null ? "ok" : retryAtMs === null ? "failed" : "retry",
    ...(error === undefined
      ? {}
      : {
          error: {
            name: plainText(error.name, 200),
            message: plainText(error.message, 2_000),
            ...(error.stack === undefined ? {} : { stack: plainText(error.stack, 4_000) }),
          },
        }),
    ...(retryAtMs === null ? {} : { retry_at_ms: retryAtMs }),
  };
}

export function jobOf(
  of: string,
  kind: NewStepJob["kind"],
  stepId: string,
  wakes: string | null,
  runAtMs: number,
): NewStepJob & { of: string } {
  return { of, kind, step_id: stepId, wakes, run_at_ms: runAtMs };
}

export function stepName(op: Op): string {
  return plainText(op.displayName ?? op.name ?? op.id, 256);
}

/** More than this of a step's input is not kept: it is there for people to read. */
const INPUT_BYTES_MAX = 256 * 1024;

/** What a step was given, for the page: the arguments of `step.run`, what `step.invoke` hands over. Often nothing. */
export function inputOf(op: Op): { input?: string } {
  const given = op.op === "InvokeFunction" ? op.opts.payload : op.opts.input;
  if (given === undefined || given === null) return {};
  const input = JSON.stringify(given);
  return { input: input.length > INPUT_BYTES_MAX ? '"(larger than 256 kB, not kept)"' : input };
}

/** What the person who wrote the function calls this operation. */
export function describeOp(op: string): string {
  const known: Readonly<Record<string, string>> = {
    WaitForSignal: "step.waitForSignal",
    AIGateway: "step.ai.infer",
    Gateway: "step.fetch",
    DeferAdd: "defer()",
    DeferAbort: "defer().abort()",
  };
  return known[op] ?? `the operation "${plainText(op, 60)}"`;
}

export function limitError(message: string): ErrorInfo {
  return { name: "LimitExceeded", message };
}

export function unreadable(step: string, what: string): ErrorInfo {
  return { name: "UnsupportedByLocalEngine", message: `Step "${step}" ${plainText(what, 500)}.` };
}
