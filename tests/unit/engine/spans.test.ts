import { expect, test } from "vitest";
import { planWaterfall, type Row } from "@/local/inngest/pages/spans.ts";
import type { JobItem, RunItem } from "@/local/inngest/store/queries.ts";
import type { Attempt, StepRow } from "@/local/inngest/store/steps.ts";

const run = (more: Partial<RunItem> = {}): RunItem => ({
  id: "r",
  function_slug: "f",
  event_id: "e",
  status: "Running",
  max_attempts: 6,
  sdk_version: 2,
  cron: null,
  parent_run_id: null,
  parent_step_id: null,
  original_run_id: null,
  created_at_ms: 0,
  started_at_ms: 10,
  ended_at_ms: null,
  output: null,
  error: null,
  attempts: [],
  event_name: "t/x",
  event_payload: "{}",
  is_executing: false,
  next_at_ms: null,
  ...more,
});

const step = (more: Partial<StepRow> = {}): StepRow => ({
  run_id: "r",
  id: "s",
  op: "StepRun",
  name: "send",
  state: "completed",
  memo: null,
  started_at_ms: 20,
  ended_at_ms: null,
  due_at_ms: null,
  race: false,
  wait_event: null,
  wait_if: null,
  wait_key: null,
  child_run_id: null,
  attempts: [],
  ...more,
});

const attempt = (number: number, from: number, until: number, retryAt?: number): Attempt => ({
  attempt: number,
  started_at_ms: from,
  ended_at_ms: until,
  outcome: retryAt === undefined ? "ok" : "retry",
  ...(retryAt === undefined ? {} : { retry_at_ms: retryAt }),
});

const job = (more: Partial<JobItem>): JobItem => ({
  id: "j",
  kind: "call",
  step_id: "step",
  attempt: 0,
  run_at_ms: 0,
  is_executing: false,
  ...more,
});

const drawn = (row: Row | undefined) =>
  row?.spans.map((span) => [span.kind, span.fromMs, span.untilMs].join(" "));

test("a step's attempts, the waits between them and its time in the queue follow each other", () => {
  const attempts = [attempt(0, 30, 40, 1_000), attempt(1, 1_005, 1_020)];
  const { rows, nowMs } = planWaterfall(
    run({ status: "Completed", ended_at_ms: 1_030 }),
    [step({ attempts, ended_at_ms: 1_020 })],
    [],
    9_999,
  );
  expect(drawn(rows[0])).toEqual(["queue 0 10"]);
  expect(drawn(rows[1])).toEqual(["queue 20 30", "retry 30 40", "wait 40 1005", "ok 1005 1020"]);
  expect(nowMs).toBeNull();
});

test("a retry that is still to come is on the axis, from now to when it is due", () => {
  const retrying = step({ state: "retrying", attempts: [attempt(0, 20, 40, 60_040)], due_at_ms: 60_040 });
  const { rows, axis } = planWaterfall(run(), [retrying], [job({ run_at_ms: 60_040, attempt: 1 })], 10_000);
  expect(drawn(rows[1])).toEqual(["retry 20 40", "wait 40 10000", "ahead 10000 60040"]);
  expect(axis.untilMs).toBe(60_040);
});

test("a sleep shows what is over and what is to come; the end of a wait that may end before is left out", () => {
  const sleeping = step({ op: "Sleep", state: "sleeping", due_at_ms: 5_000 });
  const waiting = step({ id: "w", op: "WaitForEvent", state: "waiting", due_at_ms: 9e9, wait_event: "t/y" });
  const { rows, axis } = planWaterfall(run(), [sleeping, waiting], [], 1_000);
  expect(drawn(rows[1])).toEqual(["sleep 20 1000", "ahead 1000 5000"]);
  expect(drawn(rows[2])).toEqual(["wait 20 1000"]);
  expect(axis.untilMs).toBe(5_000);
});

test("a sleep that is over has ended when it was due, and the call that followed it is at work", () => {
  const sleeping = step({ op: "Sleep", state: "sleeping", due_at_ms: 2_020 });
  const executing = job({ kind: "sleep", step_id: "s", run_at_ms: 2_020, is_executing: true });
  const { rows } = planWaterfall(run({ is_executing: true }), [sleeping], [executing], 4_300);
  const [, slept, code] = rows;
  expect(slept).toMatchObject({ step: { state: "completed", ended_at_ms: 2_020 } });
  expect(drawn(slept)).toEqual(["sleep 20 2020"]);
  expect([code?.kind, drawn(code)]).toEqual(["code", ["busy 2020 4300"]]);
});

test("a call under way is shown although no step has been reported, and not as waiting in the queue", () => {
  const executing = job({ run_at_ms: 100, is_executing: true });
  const first = run({ started_at_ms: null, is_executing: true, next_at_ms: 100 });
  const { rows } = planWaterfall(first, [], [executing], 4_000);
  expect(drawn(rows[0])).toEqual(["queue 0 100"]);
  expect([rows[1]?.kind, drawn(rows[1])]).toEqual(["code", ["busy 100 4000"]]);
});

test("a planned step whose call is under way is at work itself", () => {
  const planned = step({ state: "planned" });
  const executing = job({ step_id: "s", run_at_ms: 25, is_executing: true });
  const { rows } = planWaterfall(run({ is_executing: true }), [planned], [executing], 500);
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatchObject({ kind: "step", isExecuting: true });
  expect(drawn(rows[1])?.at(-1)).toBe("busy 25 500");
});
