import { expect, test } from "vitest";
import { createClock } from "@/local/inngest/clock.ts";
import { type Answer, type CallContext, decide } from "@/local/inngest/ops.ts";
import { Ops } from "@/local/inngest/protocol.ts";
import type { Job } from "@/local/inngest/store/jobs.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const clock = createClock(() => NOW);
const timing = { startedAtMs: NOW - 20, endedAtMs: NOW, sdkVersion: 2 };

const job: Job = {
  id: "job",
  run_id: "run",
  kind: "call",
  step_id: "step",
  wakes: null,
  attempt: 0,
  generation: 1,
  run_at_ms: NOW,
  limit_keys: [],
};

function context(changes: Partial<Job> = {}, more: Partial<CallContext> = {}): CallContext {
  return {
    job: { ...job, ...changes },
    maxAttempts: 4,
    event: { data: {} },
    stepCount: 0,
    isAlone: true,
    ...more,
  };
}

function ops(list: unknown[], retryAfter: string | null = null): Answer {
  return { kind: "ops", ops: Ops.parse(list), retryAfter, ...timing };
}

const decideNow = (about: CallContext, answer: Answer) => decide(about, answer, clock, () => 7_000);

test("a finished step is memoized and the run goes on", () => {
  const decision = decideNow(context(), ops([{ op: "StepRun", id: "a", name: "one", data: { x: 1 } }]));
  expect(decision.settled).toMatchObject([{ id: "a", state: "completed", memo: '{"data":{"x":1}}' }]);
  expect(decision.next).toEqual({ kind: "resume", force: false });
});

test("a step without a result is memoized as null", () => {
  const decision = decideNow(context(), ops([{ op: "StepRun", id: "a", name: "one" }]));
  expect(decision.settled[0]?.memo).toBe('{"data":null}');
});

test("a sleep alone is one job that goes on by itself; beside others it is a job of its own", () => {
  const sleep = { op: "Sleep", id: "s", name: "2s" };
  expect(decideNow(context(), ops([sleep])).jobs).toEqual([
    { of: "s", kind: "call", step_id: "step", wakes: "s", run_at_ms: NOW + 2_000 },
  ]);
  const beside = decideNow(context(), ops([sleep, { op: "StepPlanned", id: "p" }]));
  expect(beside.jobs).toEqual([
    { of: "s", kind: "sleep", step_id: "s", wakes: null, run_at_ms: NOW + 2_000 },
    { of: "p", kind: "call", step_id: "p", wakes: null, run_at_ms: NOW },
  ]);
  expect(beside.next).toEqual({ kind: "wait" });
  expect(decideNow(context({}, { isAlone: false }), ops([sleep])).jobs[0]?.kind).toBe("sleep");
});

test("the call that ends a sleep settles it, whatever comes out of the call", () => {
  const decision = decideNow(context({ wakes: "s", run_at_ms: NOW - 5 }), {
    kind: "error",
    error: { name: "Error", message: "down" },
    isFinal: false,
    retryAfter: null,
    ...timing,
  });
  expect(decision.settled).toMatchObject([
    { id: "s", state: "completed", memo: "null", ended_at_ms: NOW - 5 },
  ]);
  expect(decision.next).toMatchObject({ kind: "retry", attempt: 1 });
});

test("a failed step is tried again after the server's wait, or after what the app asks", () => {
  const error = { op: "StepError", id: "a", name: "one", error: { name: "Error", message: "no" } };
  expect(decideNow(context(), ops([error])).next).toEqual({
    kind: "retry",
    attempt: 1,
    runAtMs: NOW + 22_000,
  });
  expect(decideNow(context(), ops([error], "90")).next).toMatchObject({ runAtMs: NOW + 90_000 });
  expect(decideNow(context(), ops([error], "nonsense")).next).toMatchObject({ runAtMs: NOW + 22_000 });
});

test("a step that fails for good, or for the last time, is memoized as an error and the function may catch it", () => {
  const error = { name: "E", message: "no", stack: "at x", code: "C", extra: 1 };
  const failed = decideNow(context(), ops([{ op: "StepFailed", id: "a", error }]));
  expect(JSON.parse(failed.settled[0]?.memo ?? "")).toEqual({
    error: { name: "E", message: "no", stack: "at x", code: "C" },
  });
  expect(failed.next).toEqual({ kind: "resume", force: false });
  const last = decideNow(context({ attempt: 3 }), ops([{ op: "StepError", id: "a", error }]));
  expect(last.settled).toMatchObject([{ state: "failed" }]);
});

test("a planned step that is to be tried again stays pending for its siblings", () => {
  const error = { op: "StepError", id: "p", error: { name: "E", message: "no" } };
  expect(decideNow(context({ step_id: "p" }), ops([error])).settled[0]?.state).toBe("planned");
  expect(decideNow(context(), ops([error])).settled[0]?.state).toBe("retrying");
});

test("what lost its race does not hold the run up", () => {
  const race = { op: "StepRun", id: "a", opts: { parallelMode: "race" }, data: 1 };
  expect(decideNow(context({ step_id: "a" }), ops([race])).next).toEqual({ kind: "resume", force: true });
});

test("an error of the code between steps is retried until the attempts are used up", () => {
  const answer: Answer = {
    kind: "error",
    error: { name: "Error", message: "between" },
    isFinal: false,
    retryAfter: "2026-11-24T12:00:05Z",
    ...timing,
  };
  expect(decideNow(context(), answer).next).toEqual({ kind: "retry", attempt: 1, runAtMs: NOW + 5_000 });
  const last = decideNow(context({ attempt: 3 }), answer);
  expect(last.next).toMatchObject({ kind: "end", end: { status: "Failed" } });
  expect(last.runAttempts).toMatchObject([{ attempt: 3, outcome: "failed" }]);
  expect(decideNow(context(), { ...answer, isFinal: true }).next).toMatchObject({ kind: "end" });
});

test("a run ends with what the function returned, alone or at the end of a list", () => {
  expect(decideNow(context(), { kind: "done", output: '{"a":1}', ...timing }).next).toEqual({
    kind: "end",
    end: { status: "Completed", output: '{"a":1}', error: null },
  });
  const list = [
    { op: "StepRun", id: "a", data: 1 },
    { op: "RunComplete", id: "c", data: { ok: true } },
  ];
  const decision = decideNow(context(), ops(list));
  expect(decision.settled).toHaveLength(1);
  expect(decision.next).toMatchObject({ end: { status: "Completed", output: '{"ok":true}' } });
});

test.each([
  ["WaitForSignal", "step.waitForSignal"],
  ["AIGateway", "step.ai.infer"],
  ["DeferAdd", "defer()"],
  ["Brandnew", "Brandnew"],
])("the operation %s fails the run and is named", (op, name) => {
  const { next } = decideNow(context(), ops([{ op, id: "x" }]));
  expect(next).toMatchObject({ kind: "end", end: { status: "Failed" } });
  expect(JSON.stringify(next)).toContain(name);
});

test("sleeps and waits that cannot be read fail the run, they are not guessed", () => {
  for (const op of [
    { op: "Sleep", id: "s", name: "soon" },
    { op: "Sleep", id: "s" },
    { op: "WaitForEvent", id: "w", name: "t/x", opts: { timeout: "later" } },
    { op: "WaitForEvent", id: "w", name: "t/x", opts: { timeout: "1h", if: "event.data." } },
    { op: "InvokeFunction", id: "i", opts: {} },
  ]) {
    expect(decideNow(context(), ops([op])).next).toMatchObject({ kind: "end", end: { status: "Failed" } });
  }
});

test("a run with too many steps, and an output that is too large, end with a reason", () => {
  const many = decideNow(context({}, { stepCount: 1_000 }), ops([{ op: "StepRun", id: "a", data: 1 }]));
  expect(JSON.stringify(many.next)).toContain("1000 steps");
  const large = decideNow(context(), ops([{ op: "StepRun", id: "a", data: "x".repeat(5 * 1024 * 1024) }]));
  expect(JSON.stringify(large.next)).toContain("larger than 4 MB");
});
