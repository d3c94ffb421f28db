import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, test, vi } from "vitest";
import { carryTrace, causeOf, NO_TRACING } from "@/domain/tracing";
import { createTraced } from "@/tests/support/traced";

const CAUSE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const TRACEPARENT = `00-${CAUSE.traceId}-${CAUSE.spanId}-01`;

describe("a span", () => {
  test("is under what is under way, and has the name and the facts that it was given", async () => {
    const { tracing, read } = createTraced();
    const answer = await tracing.span("outer", {}, () =>
      tracing.span(
        "inner",
        { kind: "client", facts: { "latchkey.provider": "smtp", "latchkey.outcome": null } },
        async (span) => {
          span.add({ "latchkey.delivery.attempt": 2 });
          return "done";
        },
      ),
    );
    const spans = await read();
    expect(answer).toBe("done");
    expect(spans("inner")[0]?.parentSpanContext?.spanId).toBe(spans("outer")[0]?.spanContext().spanId);
    expect(spans("inner")[0]?.attributes).toEqual({
      "latchkey.provider": "smtp",
      "latchkey.delivery.attempt": 2,
    });
    expect(spans("outer")[0]?.parentSpanContext).toBeUndefined();
  });

  test("continues the trace of its cause, and points to what was under way when that is another one", async () => {
    const { tracing, read } = createTraced();
    await tracing.span("relay", {}, () => tracing.span("publish", { cause: TRACEPARENT }, async () => {}));
    const spans = await read();
    expect(spans("publish")[0]?.parentSpanContext).toMatchObject(CAUSE);
    expect(spans("publish")[0]?.spanContext().traceId).toBe(CAUSE.traceId);
    expect(spans("publish")[0]?.links).toMatchObject([
      { context: { spanId: spans("relay")[0]?.spanContext().spanId } },
    ]);
  });

  test("is under what is under way of its cause's own trace", async () => {
    const { tracing, read } = createTraced();
    await tracing.span("step", { cause: TRACEPARENT }, () =>
      tracing.span("attempt", { cause: TRACEPARENT }, async () => {}),
    );
    const spans = await read();
    expect(spans("attempt")[0]?.parentSpanContext?.spanId).toBe(spans("step")[0]?.spanContext().spanId);
    expect(spans("attempt")[0]?.links).toEqual([]);
  });

  test("begins a trace of its own when its cause is no traceparent", async () => {
    const { tracing, read } = createTraced();
    await tracing.span("step", { cause: "ada@example.com" }, async () => {});
    expect((await read())("step")[0]?.parentSpanContext).toBeUndefined();
  });

  test("of work that throws says which kind of error it was, and nothing of what it says", async () => {
    const { tracing, read } = createTraced();
    const failed = new DrizzleQueryError(
      "insert into users values ($1)",
      ["ada@example.com"],
      new Error("no"),
    );
    const work = () => Promise.reject(failed);
    await expect(tracing.span("write", {}, work)).rejects.toBe(failed);
    const span = (await read())("write")[0];
    expect(span?.attributes).toEqual({ "error.type": "Error" });
    expect(span?.status).toEqual({ code: 2 });
    expect(span?.events).toEqual([]);
  });

  test("is not kept, and neither is what it leads to, when its trace is not", async () => {
    const { tracing, read } = createTraced();
    const carried = await tracing.span("step", { cause: TRACEPARENT.replace(/01$/, "00") }, async () =>
      tracing.here(),
    );
    expect(carried).toMatch(new RegExp(`^00-${CAUSE.traceId}-[0-9a-f]{16}-00$`));
    expect((await read())("step")).toEqual([]);
  });
});

describe("a trace", () => {
  test("travels as one more id in an event's data, and comes back out of it", async () => {
    const { tracing } = createTraced();
    const data = await tracing.span("request", {}, async () => ({ userId: "1", ...carryTrace(tracing) }));
    expect(causeOf(data)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(carryTrace(tracing)).toEqual({});
    for (const none of [null, "text", {}, { traceparent: 1 }]) expect(causeOf(none)).toBeNull();
  });

  test("is in the log's lines while something of it is under way", async () => {
    const { tracing, read } = createTraced();
    const ids = await tracing.span("request", {}, async () => tracing.ids());
    const context = (await read())("request")[0]?.spanContext();
    expect(ids).toEqual({ trace_id: context?.traceId, span_id: context?.spanId });
    expect(tracing.ids()).toEqual({});
  });

  test("is none where nobody listens, and the work is done all the same", async () => {
    expect(await NO_TRACING.span("request", {}, async () => carryTrace(NO_TRACING))).toEqual({});
  });
});

describe("a request", () => {
  test("begins a trace whatever its caller says, points to what the caller said, and ends with its status", async () => {
    const { tracing, read } = createTraced();
    await new Promise<void>((resolve) =>
      // As Node handles one: what follows is in the same breath.
      setImmediate(async () => {
        const end = tracing.beginRequest("POST", "/api/v1/usr/register", TRACEPARENT);
        await tracing.span("write", {}, async () => {});
        end(503);
        resolve();
      }),
    );
    const spans = await read();
    const request = spans("POST /api/v1/usr/register")[0];
    expect(request?.parentSpanContext).toBeUndefined();
    expect(request?.spanContext().traceId).not.toBe(CAUSE.traceId);
    expect(request?.links).toMatchObject([{ context: CAUSE }]);
    expect(request?.attributes).toEqual({
      "http.request.method": "POST",
      "http.route": "/api/v1/usr/register",
      "http.response.status_code": 503,
      "error.type": "503",
    });
    expect(spans("write")[0]?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  });

  test("by a method that somebody made up has no name of its own", async () => {
    const { tracing, read } = createTraced();
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        tracing.beginRequest("PROPFIND", "other", null)("cut_off");
        resolve();
      }),
    );
    expect((await read())("HTTP other")).toMatchObject([
      { attributes: { "http.request.method": "_OTHER", "error.type": "cut_off" } },
    ]);
  });
});

describe("what traces are under", () => {
  const serviceOf = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
    const { tracing, read } = createTraced();
    await tracing.span("step", {}, async () => {});
    return (await read())("step")[0]?.resource.attributes;
  };

  test("is latchkey, or what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say", async () => {
    expect(await serviceOf({})).toMatchObject({ "service.name": "latchkey" });
    expect(
      await serviceOf({
        OTEL_SERVICE_NAME: "sign-up",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
      }),
    ).toMatchObject({ "service.name": "sign-up", "deployment.environment": "test" });
  });

  test("is kept as OTEL_TRACES_SAMPLER says", async () => {
    expect(await serviceOf({ OTEL_TRACES_SAMPLER: "always_off" })).toBeUndefined();
  });
});

test("a collector that does not take spans is heard of once, and once when it takes them again", async () => {
  vi.stubEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
  const { tracing, said, refuse } = createTraced();
  refuse(401, 401);
  for (let count = 0; count < 4; count++) await tracing.span("step", {}, async () => {});
  await tracing.stop();
  expect(said).toEqual(["401", null]);
});
