import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { post, World } from "./support/world.ts";

type SendAnswer = { ids: string[]; status: number; error?: string };

const DAY_MS = 24 * 3_600_000;

async function startCounting(
  options: { idempotency?: string } = {},
): Promise<{ world: World; seen: unknown[] }> {
  const seen: unknown[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "count", triggers: [{ event: "t/count" }], ...options },
      async ({ event }) => {
        seen.push(event.data.n);
      },
    ),
    inngest.createFunction({ id: "mark", triggers: [{ event: "t/mark" }] }, async () => "marked"),
  ]);
  return { world, seen };
}

/** Everything sent before has been looked at: the engine takes events in order. */
async function settle(world: World): Promise<void> {
  await world.ended(await world.send("t/mark"));
}

test("the same event id starts a function once in 24 hours, and again after that", async () => {
  const { world, seen } = await startCounting();
  await world.ended(await world.send("t/count", { n: 1 }, { id: "same" }));
  const second = await world.send("t/count", { n: 2 }, { id: "same" });
  await settle(world);
  expect(seen).toEqual([1]);
  // It was accepted all the same, as an event of its own.
  const internal = await world.api<{ data: { internal_id: string; id: string } }>(`/v1/events/${second}`);
  expect(internal.data).toMatchObject({ internal_id: second, id: "same" });

  await world.advance(DAY_MS - 60_000);
  await world.send("t/count", { n: 3 }, { id: "same" });
  await settle(world);
  expect(seen).toEqual([1]);
  await world.advance(61_000);
  await world.ended(await world.send("t/count", { n: 4 }, { id: "same" }));
  expect(seen).toEqual([1, 4]);
});

test("of many events with one id that come at the same moment, one starts the function", async () => {
  const { world, seen } = await startCounting();
  await Promise.all(Array.from({ length: 20 }, (_, n) => world.send("t/count", { n }, { id: "burst" })));
  await settle(world);
  expect(seen).toHaveLength(1);
});

test("idempotency is a value of the event, once in 24 hours", async () => {
  const { world, seen } = await startCounting({ idempotency: "event.data.n" });
  await world.ended(await world.send("t/count", { n: 1 }));
  await world.send("t/count", { n: 1 });
  await world.ended(await world.send("t/count", { n: 2 }));
  await settle(world);
  expect(seen).toEqual([1, 2]);
});

test("a request that the SDK repeats is recognised by its seed and starts nothing twice", async () => {
  const { world, seen } = await startCounting();
  const headers = { "x-inngest-event-id-seed": "1795490282168,b8Ew4CysuGQTfQ==" };
  const body = JSON.stringify([{ name: "t/count", data: { n: 1 } }]);
  const send = () => world.api<SendAnswer>("/e/any", { method: "POST", body, headers });
  const [first, second] = [await send(), await send()];
  expect(first.ids).toEqual(["01M85RYYNRDZ0K1R1CNJW684VY"]);
  expect(second.ids).toEqual(first.ids);
  await settle(world);
  expect(seen).toEqual([1]);
});

test("bad events are refused as the real server does, and those before them are accepted", async () => {
  const { world, seen } = await startCounting();
  const cases: [unknown, string][] = [
    [[{ name: "" }], "event name is empty"],
    [[{ name: "inngest/foo" }], "event name is reserved for internal use: inngest/foo"],
    [[{ data: {} }], "name"],
    [[{ name: "t/count", data: "text" }], "data"],
    [[{ name: "t/count\u0000" }], "not valid text"],
    ["text", "event 0"],
  ];
  for (const [body, error] of cases) {
    const response = await world.fetch("/e/any", post(body));
    expect(response.status).toBe(400);
    const answer = (await response.json()) as SendAnswer;
    expect(answer).toMatchObject({ ids: [""], status: 400 });
    expect(answer.error).toContain(error);
  }
  const response = await world.fetch("/e/any", post([{ name: "t/count", data: { n: 1 } }, { name: "" }]));
  expect(response.status).toBe(400);
  await settle(world);
  expect(seen).toEqual([1]);
});

test("requests that are not JSON, too many or too large are refused with a reason", async () => {
  const { world } = await startCounting();
  const notJson = await world.fetch("/e/any", { method: "POST", body: "{" });
  expect([notJson.status, await notJson.json()]).toMatchObject([400, { error: "The body is not JSON." }]);
  const many = await world.fetch("/e/any", post(Array.from({ length: 5_001 }, () => ({ name: "t/x" }))));
  expect(many.status).toBe(400);
  const large = await world.fetch("/e/any", post([{ name: "t/x", data: { text: "x".repeat(5_000_000) } }]));
  expect(large.status).toBe(413);
  const single = await world.fetch("/e/any", post({ name: "t/x", data: { text: "x".repeat(3_500_000) } }));
  expect(single.status).toBe(400);
  const depth = 50_000;
  const deep = `{"name":"t/x","data":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
  const nested = await world.fetch("/e/any", { method: "POST", body: deep });
  expect([nested.status, await nested.json()]).toMatchObject([400, { error: "event 0 is nested too deep" }]);
});

test("a ts in the future delays the run until then", async () => {
  const { world, seen } = await startCounting();
  const eventId = await world.send("t/count", { n: 1 }, { ts: Date.now() + 3_600_000 });
  const { inMs } = await world.waiting(eventId);
  expect(inMs).toBeGreaterThan(3_590_000);
  expect(seen).toEqual([]);
  await world.advance(inMs);
  await world.ended(eventId);
  expect(seen).toEqual([1]);
});

test("a trigger's expression decides, and a field that is missing is null", async () => {
  const ran: string[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "some", triggers: [{ event: "t/if", if: "event.data.plan != 'free' && event.data.n >= 3" }] },
      async ({ event }) => {
        ran.push(event.data.name as string);
      },
    ),
    inngest.createFunction({ id: "wild", triggers: [{ event: "t/*" }] }, async () => "any"),
  ]);
  const ids = [
    await world.send("t/if", { name: "no plan", n: 3 }),
    await world.send("t/if", { name: "free", plan: "free", n: 9 }),
    await world.send("t/if", { name: "text for a number", plan: "paid", n: "many" }),
    await world.send("t/if", { name: "paid", plan: "paid", n: 3.5 }),
  ];
  const runs = await until("all runs have ended", async () => {
    const all = await Promise.all(ids.map((id) => world.runsOf(id)));
    return all.every((of) => of.length > 0 && of.every((run) => run.status !== "Running")) ? all : null;
  });
  expect(ran.sort()).toEqual(["no plan", "paid"]);
  expect(runs.map((of) => of.length)).toEqual([2, 1, 1, 2]);
});

test("an event can be looked up by the id its sender gave, and so can its runs", async () => {
  const { world } = await startCounting();
  const eventId = await world.send("t/count", { n: 1 }, { id: "outbox-77" });
  await world.ended(eventId);
  const runs = await world.runsOf("outbox-77");
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ event_id: eventId, status: "Completed", function_slug: "app-count" });
  expect((await world.fetch("/v1/events/unknown/runs")).status).toBe(404);
});
