import { expect, test } from "vitest";
import { buildCall, type CallInput, readAnswer, signRequest } from "@/local/inngest/call.ts";
import { isSignedBy, signBody } from "@/local/inngest/signing.ts";

const timing = { startedAtMs: 1, endedAtMs: 2 };
const sdk = { "x-inngest-sdk": "inngest-js:v4.24.0", "x-inngest-req-version": "2" };
const key = "signkey-prod-0123456789abcdef";

const input: CallInput = {
  job: {
    id: "j1",
    run_id: "r1",
    kind: "call",
    step_id: "step",
    wakes: null,
    attempt: 2,
    generation: 3,
    run_at_ms: 0,
    limit_keys: [],
  },
  functionSlug: "app-fn",
  maxAttempts: 4,
  sdkVersion: 2,
  event: '{"data":{"text":"\\u0000 ü"},"id":"e1","name":"t/x","ts":1,"user":{}}',
  memos: new Map([
    ["b", '{"data":1}'],
    ["a", "null"],
  ]),
  disableImmediateExecution: true,
  requestId: "q1",
};

test("a call names no fn_id, so that the SDK answers one step per request", () => {
  const { body, query, headers } = buildCall(input);
  const parsed = JSON.parse(body);
  expect(parsed.ctx).not.toHaveProperty("fn_id");
  expect(parsed).toMatchObject({
    ctx: {
      attempt: 2,
      max_attempts: 4,
      disable_immediate_execution: true,
      stack: { stack: ["b", "a"], current: 2 },
    },
    event: { data: { text: "\u0000 ü" } },
    steps: { a: null, b: { data: 1 } },
    use_api: false,
    version: 2,
  });
  expect(query).toBe("fnId=app-fn&stepId=step");
  expect(headers).toMatchObject({ "x-inngest-generation-id": "3", "x-run-id": "r1" });
});

test("a state of more than 4 MB is left to be fetched", () => {
  const large = new Map([["a", JSON.stringify({ data: "x".repeat(4_200_000) })]]);
  const parsed = JSON.parse(buildCall({ ...input, memos: large }).body);
  expect(parsed).toMatchObject({ use_api: true, events: [], steps: {}, ctx: { use_api: true } });
  expect(parsed.event.id).toBe("e1");
});

test("with a key the canonical body is signed and sent; without one nothing is", () => {
  const plain = buildCall(input);
  expect(signRequest(plain, null, 0)).toBe(plain);
  const signed = signRequest(plain, key, 1_795_490_282_000);
  expect(isSignedBy(key, signed.body, String(signed.headers["x-inngest-signature"]))).toBe(true);
  expect(JSON.parse(signed.body)).toEqual(JSON.parse(plain.body));
});

test("200 and 206 of the SDK are what they say", () => {
  expect(readAnswer({ status: 200, headers: sdk, body: '{"a":1}' }, null, timing)).toMatchObject({
    kind: "done",
    output: '{"a":1}',
    sdkVersion: 2,
  });
  const steps = '[{"op":"StepPlanned","id":"a","data":null},{"op":"Sleep","id":"b","name":"2s","opts":null}]';
  expect(readAnswer({ status: 206, headers: sdk, body: steps }, null, timing)).toMatchObject({
    kind: "ops",
    ops: [{ op: "StepPlanned" }, { op: "Sleep" }],
  });
});

test.each([
  [200, "<html>"],
  [404, "Not found"],
  [502, ""],
  [200, "{}"],
])("status %i without the SDK's mark is an error that may be retried", (status, body) => {
  const answer = readAnswer({ status, headers: {}, body }, null, timing);
  expect(answer).toMatchObject({ kind: "error", isFinal: false, error: { name: "NotInngest" } });
});

test("only x-inngest-no-retry: true is final, and Retry-After is kept", () => {
  const body = '{"name":"E","message":"no","stack":"s"}';
  const read = (status: number, headers: Record<string, string>) =>
    readAnswer({ status, headers: { ...sdk, ...headers }, body }, null, timing);
  expect(read(400, { "x-inngest-no-retry": "true" })).toMatchObject({ isFinal: true, error: { name: "E" } });
  expect(read(500, { "x-inngest-no-retry": "false", "retry-after": "3" })).toMatchObject({
    isFinal: false,
    retryAfter: "3",
  });
  expect(read(500, {})).toMatchObject({ isFinal: false });
});

test("an answer that cannot be read is an error, not a crash", () => {
  for (const [status, body] of [
    [200, "not json"],
    [206, "not json"],
    [206, '[{"id":"a"}]'],
    [206, "3"],
    [201, ""],
    [201, '{"status":201,"body":"","headers":{}}'],
  ] as const) {
    expect(readAnswer({ status, headers: sdk, body }, null, timing)).toMatchObject({
      kind: "error",
      isFinal: false,
    });
  }
});

test("a streamed answer is read from its end", () => {
  const inner = {
    status: 206,
    headers: { "X-Inngest-Sdk": "x" },
    body: '[{"op":"StepRun","id":"a","data":1}]',
  };
  const answer = readAnswer(
    { status: 201, headers: sdk, body: `   \n ${JSON.stringify(inner)}` },
    null,
    timing,
  );
  expect(answer).toMatchObject({ kind: "ops", ops: [{ op: "StepRun", data: 1 }] });
});

test("an answer signed with another key is not believed", () => {
  const body = "1";
  const read = (by: string) =>
    readAnswer(
      { status: 200, headers: { ...sdk, "x-inngest-signature": signBody(by, body, 0) }, body },
      key,
      timing,
    );
  expect(read(key)).toMatchObject({ kind: "done" });
  expect(read("signkey-prod-ff")).toMatchObject({ kind: "error", error: { name: "BadSignature" } });
});
