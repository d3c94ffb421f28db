// What is drawn of a run: rows, and in each the stretches of time of one kind. Pure.
import type { JobItem, RunItem } from "../store/queries.ts";
import type { Attempt, StepRow } from "../store/steps.ts";
import { type Axis, createAxis, type Interval } from "./axis.ts";

/** `queue`: due, and waiting for a place. `ahead`: has not come yet. */
export type SpanKind = "queue" | "ok" | "retry" | "failed" | "busy" | "invoke" | "sleep" | "wait" | "ahead";
export type Span = Interval & { kind: SpanKind };

export type Row =
  | { kind: "queue"; spans: Span[] }
  | { kind: "step"; step: StepRow; spans: Span[]; isExecuting: boolean }
  | { kind: "code"; attempts: readonly Attempt[]; spans: Span[]; isExecuting: boolean };

export type Waterfall = { rows: Row[]; axis: Axis; nowMs: number | null };

/** What people wait for, rather than for whatever may end a wait: its end belongs on the axis. */
const HAS_AN_END = new Set(["sleeping", "planned", "retrying"]);

export function planWaterfall(
  run: RunItem,
  steps: readonly StepRow[],
  jobs: readonly JobItem[],
  nowMs: number,
): Waterfall {
  const isOver = run.ended_at_ms !== null;
  const shown = steps.map((step) => wakeIfDue(step, nowMs));
  const rows: Row[] = [
    { kind: "queue", spans: queueSpans(run, nowMs) },
    ...shown.map((step): Row => {
      const job = jobs.find((one) => one.step_id === step.id && one.kind === "call");
      return {
        kind: "step",
        step,
        isExecuting: job?.is_executing ?? false,
        spans: stepSpans(step, job, nowMs),
      };
    }),
  ];
  // The code between steps, and steps that have not been reported: one call does both.
  const call =
    jobs.find((one) => one.step_id === "step" && one.kind === "call") ??
    jobs.find((one) => one.kind === "sleep" && one.is_executing && one.run_at_ms <= nowMs);
  const isCalled = call?.is_executing === true && !isOver;
  const isRetried = shown.some((step) => step.state === "retrying");
  if (run.attempts.length > 0 || (isCalled && !isRetried)) {
    const spans = attemptSpans(run.attempts, isOver ? null : run.next_at_ms, nowMs);
    if (isCalled) spans.push({ kind: "busy", fromMs: call.run_at_ms, untilMs: nowMs });
    rows.push({ kind: "code", attempts: run.attempts, spans, isExecuting: isCalled });
  }
  const spans = rows.flatMap((row) => row.spans).filter(({ fromMs, untilMs }) => untilMs >= fromMs);
  const dueMs = isOver
    ? []
    : shown.flatMap((step) =>
        HAS_AN_END.has(step.state) && step.due_at_ms !== null ? [step.due_at_ms] : [],
      );
  const untilMs = Math.max(run.ended_at_ms ?? nowMs, ...dueMs, ...spans.map((span) => span.untilMs));
  const busy = spans.filter(({ kind }) => ["ok", "retry", "failed", "busy"].includes(kind));
  return {
    rows,
    axis: createAxis(
      { fromMs: run.created_at_ms, untilMs },
      busy,
      spans.flatMap((span) => [span.fromMs, span.untilMs]),
    ),
    nowMs: isOver ? null : nowMs,
  };
}

/** A sleep that is over is written down with the answer of the call that follows it. */
function wakeIfDue(step: StepRow, nowMs: number): StepRow {
  const { op, state, due_at_ms: dueMs } = step;
  const isAwake = op === "Sleep" && state === "sleeping" && dueMs !== null && dueMs <= nowMs;
  return isAwake ? { ...step, state: "completed", ended_at_ms: dueMs } : step;
}

function queueSpans(run: RunItem, nowMs: number): Span[] {
  // The first call is under way, and has not said when it began: it was free to when it was due.
  const calledMs = run.is_executing ? run.next_at_ms : null;
  const startMs = run.started_at_ms ?? run.ended_at_ms ?? calledMs;
  if (startMs !== null) return [{ kind: "queue", fromMs: run.created_at_ms, untilMs: startMs }];
  const dueMs = run.next_at_ms ?? nowMs;
  return [
    { kind: "queue", fromMs: run.created_at_ms, untilMs: nowMs },
    ...(dueMs > nowMs ? [{ kind: "ahead" as const, fromMs: nowMs, untilMs: dueMs }] : []),
  ];
}

function stepSpans(step: StepRow, job: JobItem | undefined, nowMs: number): Span[] {
  const endMs = step.ended_at_ms ?? nowMs;
  switch (step.op) {
    case "Sleep":
      return [
        { kind: "sleep", fromMs: step.started_at_ms, untilMs: endMs },
        ...(step.state === "sleeping" ? aheadUntil(step.due_at_ms, nowMs) : []),
      ];
    case "InvokeFunction":
      return [{ kind: "invoke", fromMs: step.started_at_ms, untilMs: endMs }];
    case "WaitForEvent":
      return [{ kind: "wait", fromMs: step.started_at_ms, untilMs: endMs }];
  }
  const first = step.attempts[0];
  const spans: Span[] = [];
  if (first === undefined || first.started_at_ms > step.started_at_ms)
    spans.push({ kind: "queue", fromMs: step.started_at_ms, untilMs: first?.started_at_ms ?? endMs });
  spans.push(...attemptSpans(step.attempts, step.ended_at_ms === null ? step.due_at_ms : null, nowMs));
  if (job?.is_executing && step.ended_at_ms === null)
    spans.push({ kind: "busy", fromMs: Math.max(job.run_at_ms, step.started_at_ms), untilMs: nowMs });
  return spans;
}

/** Each attempt, and the waits between them; `dueMs` when there will be another one. */
function attemptSpans(attempts: readonly Attempt[], dueMs: number | null, nowMs: number): Span[] {
  const spans: Span[] = [];
  for (const [index, attempt] of attempts.entries()) {
    const kind = attempt.outcome;
    spans.push({ kind, fromMs: attempt.started_at_ms, untilMs: attempt.ended_at_ms });
    if (attempt.retry_at_ms === undefined) continue;
    const next = attempts[index + 1];
    const untilMs = next?.started_at_ms ?? Math.min(attempt.retry_at_ms, nowMs);
    spans.push({
      kind: "wait",
      fromMs: attempt.ended_at_ms,
      untilMs: Math.max(untilMs, attempt.ended_at_ms),
    });
  }
  return [...spans, ...(attempts.at(-1)?.retry_at_ms === undefined ? [] : aheadUntil(dueMs, nowMs))];
}

function aheadUntil(dueMs: number | null, nowMs: number): Span[] {
  return dueMs !== null && dueMs > nowMs ? [{ kind: "ahead", fromMs: nowMs, untilMs: dueMs }] : [];
}
