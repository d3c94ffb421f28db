// What an answer of the app means for its run. Pure: the store does what is decided here.
import type { Clock } from "./clock.ts";
import { compileExpression, lookupKey } from "./expressions.ts";
import { type ErrorInfo, plainText, toErrorInfo } from "./json.ts";
import { InvokeOpts, type Op, STEP_OUTPUT_BYTES_MAX, STEPS_PER_RUN_MAX, WaitOpts } from "./protocol.ts";
import { backoffMs, parseDue, parseRetryAfter, WAIT_MAX_MS } from "./schedule.ts";
import {
  attemptOf,
  describeOp,
  type Failure,
  inputOf,
  jobOf,
  limitError,
  type NewStepJob,
  newStep,
  stepName,
  type Timing,
  unreadable,
  wokenStep,
} from "./step-rows.ts";
import type { Job } from "./store/jobs.ts";
import type { RunEnd } from "./store/runs.ts";
import type { Attempt, StepRow } from "./store/steps.ts";

/** What the app answered to one call; call.ts has already told SDK answers from anything else. */
export type Answer = { sdkVersion: number | null; startedAtMs: number; endedAtMs: number } & (
  | { kind: "ops"; ops: Op[]; retryAfter: string | null }
  | { kind: "done"; output: string }
  | { kind: "error"; error: ErrorInfo; isFinal: boolean; retryAfter: string | null }
);

/** What the engine knew of the run when it made the call. */
export type CallContext = {
  job: Job;
  maxAttempts: number;
  /** JSON of the event that started the run, parsed. */
  event: unknown;
  stepCount: number;
  /** No other step of the run was pending and no other job of it existed. */
  isAlone: boolean;
};

export type Invocation = {
  step_id: string;
  function_slug: string;
  data: unknown;
  user: unknown;
  name: string;
};

export type Decision = {
  /** New steps that are not over yet. */
  reported: StepRow[];
  /** Jobs of reported steps; made only where the step was really new. */
  jobs: (NewStepJob & { of: string })[];
  /** Steps that ended, or failed and will be tried again. */
  settled: StepRow[];
  invocations: Invocation[];
  /** Failed attempts at the code between steps. */
  runAttempts: Attempt[];
  next:
    | { kind: "retry"; attempt: number; runAtMs: number }
    | { kind: "resume"; force: boolean }
    | { kind: "wait" }
    | { kind: "end"; end: Omit<RunEnd, "id"> };
};

export function decide(context: CallContext, answer: Answer, clock: Clock, jitterMs: () => number): Decision {
  const decision = emptyDecision();
  const { job } = context;
  if (job.wakes !== null) decision.settled.push(wokenStep(job.run_id, job.wakes, job.run_at_ms));
  switch (answer.kind) {
    case "done":
      decision.next = completed(answer.output);
      return decision;
    case "error":
      decideError(context, answer, answer, decision, clock, jitterMs);
      return decision;
    case "ops":
      decideOps(context, answer, decision, clock, jitterMs);
      return decision;
  }
}

export function emptyDecision(): Decision {
  return { reported: [], jobs: [], settled: [], invocations: [], runAttempts: [], next: { kind: "wait" } };
}

export function failed(error: ErrorInfo): Decision["next"] {
  return { kind: "end", end: { status: "Failed", output: null, error: JSON.stringify(error) } };
}

function completed(output: string): Decision["next"] {
  return { kind: "end", end: { status: "Completed", output, error: null } };
}

/** Engine time of the next attempt, or null when there is none. */
function nextAttempt(
  context: CallContext,
  failure: Failure,
  clock: Clock,
  jitterMs: () => number,
): { attempt: number; runAtMs: number } | null {
  const attempt = context.job.attempt + 1;
  if (failure.isFinal || attempt >= context.maxAttempts) return null;
  // One look at the clock: a date is exact to the millisecond.
  const nowMs = clock.realNow();
  const askedMs = failure.retryAfter === null ? null : parseRetryAfter(failure.retryAfter, nowMs);
  return {
    attempt,
    runAtMs: clock.fromReal(nowMs) + (askedMs ?? backoffMs(context.job.attempt, jitterMs())),
  };
}

/** The call as a whole failed: code between steps threw, or there was no answer of the SDK at all. */
function decideError(
  context: CallContext,
  failure: Failure,
  timing: Timing,
  decision: Decision,
  clock: Clock,
  jitterMs: () => number,
): void {
  const next = nextAttempt(context, failure, clock, jitterMs);
  decision.runAttempts.push(attemptOf(context.job, timing, failure, next?.runAtMs ?? null));
  decision.next = next ? { kind: "retry", ...next } : failed(failure.error);
}

function decideOps(
  context: CallContext,
  answer: Answer & { kind: "ops" },
  decision: Decision,
  clock: Clock,
  jitterMs: () => number,
): void {
  const { job } = context;
  if (context.stepCount + answer.ops.length > STEPS_PER_RUN_MAX) {
    decision.next = failed(
      limitError(`A run may have ${STEPS_PER_RUN_MAX} steps, as on Inngest's own server.`),
    );
    return;
  }
  const single = answer.ops.length === 1;
  let force = false;
  let ended = false;
  for (const op of answer.ops) {
    const race = op.opts.parallelMode === "race" || answer.sdkVersion === 1;
    const step = {
      ...newStep(job.run_id, op.id, op.op, stepName(op), answer.startedAtMs),
      race,
      ...inputOf(op),
    };
    switch (op.op) {
      case "StepRun":
      case "Step": {
        const data = JSON.stringify(op.data ?? null);
        if (data.length > STEP_OUTPUT_BYTES_MAX) {
          decision.next = failed(limitError(`The output of step "${step.name}" is larger than 4 MB.`));
          return;
        }
        decision.settled.push({
          ...step,
          state: "completed",
          memo: `{"data":${data}}`,
          ended_at_ms: answer.endedAtMs,
          attempts: [attemptOf(job, answer, null, null)],
        });
        ended = true;
        force ||= race;
        break;
      }
      case "StepError":
      case "StepFailed": {
        const failure: Failure = {
          error: toErrorInfo(op.error, `Step "${step.name}" failed.`),
          isFinal: op.op === "StepFailed",
          retryAfter: answer.retryAfter,
        };
        const next = nextAttempt(context, failure, clock, jitterMs);
        const attempts = [attemptOf(job, answer, failure, next?.runAtMs ?? null)];
        if (next) {
          // A planned step stays planned: others that end must know that it is still to come.
          const state = job.step_id === "step" ? "retrying" : "planned";
          decision.settled.push({ ...step, state, due_at_ms: next.runAtMs, attempts });
          decision.next = { kind: "retry", ...next };
          return;
        }
        decision.settled.push({
          ...step,
          state: "failed",
          memo: JSON.stringify({ error: failure.error }),
          ended_at_ms: answer.endedAtMs,
          attempts,
        });
        ended = true;
        force ||= race;
        break;
      }
      case "StepPlanned":
        decision.reported.push(step);
        decision.jobs.push(jobOf(op.id, "call", op.id, null, clock.now()));
        break;
      case "Sleep": {
        const due = parseDue(op.name ?? "", clock);
        if (due === null) {
          decision.next = failed(unreadable(step.name, `sleeps until "${plainText(op.name, 100)}"`));
          return;
        }
        decision.reported.push({ ...step, state: "sleeping", due_at_ms: due });
        // A sleep that nothing runs beside ends with the very call that goes on: one write less.
        decision.jobs.push(
          single && context.isAlone
            ? jobOf(op.id, "call", "step", op.id, due)
            : jobOf(op.id, "sleep", op.id, null, due),
        );
        break;
      }
      case "WaitForEvent": {
        const opts = WaitOpts.safeParse(op.opts);
        const due = dueOf(opts.data?.timeout, clock);
        if (!opts.success || due === null || !op.name) {
          decision.next = failed(
            unreadable(step.name, `waits in a way it cannot read (${JSON.stringify(op.opts)})`),
          );
          return;
        }
        const source = opts.data.if ?? null;
        try {
          const expression = source === null ? null : compileExpression(source);
          decision.reported.push({
            ...step,
            state: "waiting",
            due_at_ms: due,
            wait_event: plainText(op.name, 256),
            wait_if: source,
            wait_key: expression && lookupKey(expression, context.event),
          });
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          decision.next = failed(unreadable(step.name, `waits with the expression "${source}": ${reason}`));
          return;
        }
        decision.jobs.push(jobOf(op.id, "timeout", op.id, null, due));
        break;
      }
      case "InvokeFunction": {
        const opts = InvokeOpts.safeParse(op.opts);
        const due = dueOf(opts.data?.timeout, clock);
        if (!opts.success || due === null) {
          decision.next = failed(unreadable(step.name, "invokes a function in a way it cannot read"));
          return;
        }
        decision.reported.push({ ...step, state: "invoking", due_at_ms: due });
        decision.jobs.push(jobOf(op.id, "timeout", op.id, null, due));
        decision.invocations.push({
          step_id: op.id,
          function_slug: opts.data.function_id,
          data: opts.data.payload?.data ?? {},
          user: opts.data.payload?.user ?? {},
          name: step.name,
        });
        break;
      }
      case "RunComplete":
        decision.next = completed(JSON.stringify(op.data ?? null));
        return;
      case "DiscoveryRequest":
        ended = true;
        break;
      default:
        decision.next = failed({
          name: "UnsupportedByLocalEngine",
          message: `The function uses ${describeOp(op.op)}, which the local engine does not support. Run Inngest itself (INNGEST_BASE_URL) for this.`,
        });
        return;
    }
  }
  if (ended) decision.next = { kind: "resume", force };
}

function dueOf(timeout: string | undefined, clock: Clock): number | null {
  return timeout === undefined ? clock.now() + WAIT_MAX_MS : parseDue(timeout, clock);
}
