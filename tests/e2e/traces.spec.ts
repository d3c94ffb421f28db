// Traces of the whole product, as a collector gets them: one registration is one trace, through the request, the
// engine's run and the provider, and nothing in it is anybody's secret.
import { expect, test } from "@playwright/test";
import { SPAN_FACTS } from "../../domain/tracing";
import { advanceEngineClock } from "../support/engine";
import { codeIn, nextMail } from "../support/mailbox";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver";
import { startOwnProduct } from "../support/own-product";
import { callApi, newPerson, type Person, type Registered, register } from "../support/people";
import type { Product } from "../support/product";
import { findSecrets, readLogs, type Secret } from "../support/secrets";

let collector: OtlpReceiver;
let product: Product;
const secrets: Secret[] = [];

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  test.setTimeout(300_000);
  collector = await startOtlpReceiver();
  product = await startOwnProduct("e2e-traces", {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=k7",
    OTEL_BSP_SCHEDULE_DELAY: "200",
  });
});
test.afterAll(async () => {
  await product?.stop();
  await collector?.close();
});

function keepSecrets({ username, email, password }: Person, registered: Registered): void {
  secrets.push(
    { what: "a username", value: username },
    { what: "an address", value: email },
    { what: "a password", value: password },
    { what: "an access token", value: registered.access_token },
    { what: "a refresh token", value: registered.refresh_token },
  );
}

/** The spans of the one trace in which this mail is handed over, once there are so many of them called `name`. */
async function traceOf(deliveryId: string, name: string, count = 1): Promise<ReceivedSpan[]> {
  const read = () => {
    const ids = new Set(
      collector.spans
        .filter(({ attributes }) => attributes["latchkey.delivery.id"] === deliveryId)
        .map(({ traceId }) => traceId),
    );
    expect(ids.size).toBeLessThan(2);
    return collector.spans.filter(({ traceId }) => ids.has(traceId));
  };
  await expect
    .poll(() => read().filter((span) => span.name === name).length, { timeout: 60_000 })
    .toBe(count);
  return read();
}

/** One span by its name; fails when there are several, or none. */
function only(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0] as ReceivedSpan;
}

test("one registration is one trace: request, transaction, event, step and provider, each under what led to it", async () => {
  // A process' first registration is its slowest.
  await register(newPerson());
  const person = newPerson();
  // Beside others, whose requests must not mix with this one.
  const others = Array.from({ length: 3 }, () => newPerson());
  const [registered, ...more] = await Promise.all([person, ...others].map(register));
  if (!registered) throw new Error("Nobody registered");
  for (const [index, one] of [registered, ...more].entries())
    keepSecrets([person, ...others][index] as Person, one);
  secrets.push({ what: "a code", value: codeIn(await nextMail(person.email)) });

  const spans = await traceOf(registered.delivery.id, "step attempt-delivery");
  const request = only(spans, "POST /api/v1/usr/register");
  const write = only(spans, "write registration");
  const publishes = spans.filter(({ name }) => name === "publish user/registered");
  const step = only(spans, "step attempt-delivery");
  const attempt = only(spans, "attempt delivery");
  const send = only(spans, "send by resend");

  expect(request.parentSpanId).toBeUndefined();
  expect(request.attributes).toEqual({
    "http.request.method": "POST",
    "http.route": "/api/v1/usr/register",
    "http.response.status_code": 201,
  });
  expect(only(spans, "hash password").parentSpanId).toBe(request.spanId);
  expect(write.parentSpanId).toBe(request.spanId);
  // An engine that a busy machine lets answer late is told again after the request, from the row that was written.
  expect(publishes.length).toBeGreaterThan(0);
  for (const { parentSpanId } of publishes) expect([request.spanId, write.spanId]).toContain(parentSpanId);
  expect(step.parentSpanId).toBe(write.spanId);
  expect(step.attributes).toMatchObject({
    "latchkey.function.id": "send-confirmation-email",
    "latchkey.run.attempt": 0,
  });
  expect(attempt.parentSpanId).toBe(step.spanId);
  expect(attempt.attributes).toMatchObject({ "latchkey.outcome": "sent", "latchkey.delivery.attempt": 1 });
  expect(send.parentSpanId).toBe(attempt.spanId);
  expect(send.attributes).toEqual({
    "latchkey.provider": "resend",
    "latchkey.delivery.id": registered.delivery.id,
    "latchkey.delivery.attempt": 1,
    "latchkey.outcome": "accepted",
  });
  expect(request.resource).toMatchObject({ "service.name": "latchkey" });
  expect(collector.requests[0]).toMatchObject({ url: "/v1/traces", headers: { "x-collector-key": "k7" } });

  const lines = (readLogs(product.dir).get("log app.log") ?? "").split("\n");
  const said = lines.find(
    (line) => line.includes("Email successfully sent") && line.includes(registered.delivery.id),
  );
  expect(said).toContain(`"trace_id":"${request.traceId}"`);
  expect(said).toContain(`"span_id":"${attempt.spanId}"`);
});

test("a second try, minutes later, is in the same trace, and the first one says why it was needed", async () => {
  const person = newPerson("retry1");
  const registered = await register(person);
  keepSecrets(person, registered);
  await traceOf(registered.delivery.id, "send by resend");
  await advanceEngineClock(60);
  const spans = await traceOf(registered.delivery.id, "send by resend", 2);
  const sends = spans.filter(({ name }) => name === "send by resend");
  expect(sends.map(({ attributes }) => attributes["latchkey.delivery.attempt"])).toEqual([1, 2]);
  expect(sends[0]).toMatchObject({
    attributes: { "latchkey.outcome": "failed", "latchkey.error_class": "transient" },
    status: { code: 2 },
  });
  expect(sends[1]?.attributes["latchkey.outcome"]).toBe("accepted");
});

test("nothing in any span is a secret: not of requests with addresses in them, not of refusals, not of failures", async () => {
  const person = newPerson("refuse");
  const registered = await register(person);
  keepSecrets(person, registered);
  await traceOf(registered.delivery.id, "send by resend");
  const token = registered.access_token;
  await callApi("/api/v1/usr/confirm-email", { token, body: { code: "000000" } });
  await callApi("/api/v1/usr/register", { body: person });
  await callApi("/api/v1/usr/token", { body: { login: person.email, password: person.password } });
  await fetch(`${product.url}/register?email=${encodeURIComponent(person.email)}`);
  await fetch(`${product.url}/${person.username}`, { headers: { traceparent: person.email } });
  await expect
    .poll(() => collector.spans.filter(({ name }) => name === "GET other").length, { timeout: 60_000 })
    .toBeGreaterThan(0);

  const said = collector.requests.map(({ body }) => body).join("\n");
  expect(findSecrets(said, secrets)).toEqual([]);
  expect(said).not.toContain("@");
  // Ours alone: no library writes what it likes.
  expect([...new Set(collector.spans.map(({ scope }) => scope))]).toEqual(["latchkey"]);
  const facts = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)));
  expect([...facts].filter((name) => !(SPAN_FACTS as readonly string[]).includes(name))).toEqual([]);
  expect(collector.spans.flatMap(({ events }) => events)).toEqual([]);
  expect(collector.spans.flatMap(({ status }) => status.message ?? [])).toEqual([]);
});
