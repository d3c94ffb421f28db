import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { pruneOnce } from "@/local/inngest/prune.ts";
import { connect } from "@/local/inngest/store/database.ts";
import { until } from "./support/until.ts";
import { post, World } from "./support/world.ts";

test("no more steps execute at once than the concurrency limit, for each key, and all get their turn", async () => {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  let total = 0;
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "limited", triggers: [{ event: "t/limited" }], concurrency: { limit: 2, key: "event.data.key" } },
      async ({ event, step }) => {
        const key = event.data.key as string;
        await step.run("work", async () => {
          const now = (running.get(key) ?? 0) + 1;
          running.set(key, now);
          most.set(key, Math.max(most.get(key) ?? 0, now));
          await until("a second one of this key has joined", () => (most.get(key) ?? 0) >= 2);
          running.set(key, (running.get(key) ?? 0) - 1);
          total++;
        });
      },
    ),
  ]);
  const keys = ["a", "b", "c"];
  await world.inngest.send(
    Array.from({ length: 24 }, (_, n) => ({ name: "t/limited", data: { key: keys[n % 3] } })),
  );
  await until("all have had their turn", () => total === 24);
  expect(Object.fromEntries(most)).toEqual({ a: 2, b: 2, c: 2 });
});

test("a run that sleeps takes no place of the limit", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "one", triggers: [{ event: "t/one" }], concurrency: 1 },
      async ({ step }) => {
        await step.sleep("nap", "1h");
      },
    ),
  ]);
  const ids = await Promise.all([1, 2, 3].map(() => world.send("t/one")));
  await Promise.all(ids.map((id) => world.waiting(id)));
  // Nothing is due, and still not everything has ended.
  expect(await world.api("/dev/clock")).toMatchObject({ busy: false, unfinished: 3 });
  await world.advance(3_600_000);
  for (const id of ids) expect((await world.ended(id)).status).toBe("Completed");
  expect(await world.api("/dev/clock")).toMatchObject({ unfinished: 0 });
});

test("cancelOn ends the run that matches, at once, and the others go on", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "wait", triggers: [{ event: "t/wait" }], cancelOn: [{ event: "t/stop", match: "data.user" }] },
      async ({ step }) => {
        await step.sleep("nap", "1h");
        return "slept";
      },
    ),
  ]);
  const [mine, other] = [
    await world.send("t/wait", { user: "u1" }),
    await world.send("t/wait", { user: "u2" }),
  ];
  await Promise.all([world.waiting(mine), world.waiting(other)]);
  await world.send("t/stop", { user: "u1" });
  expect((await world.ended(mine)).status).toBe("Cancelled");
  const cancelled = await world.api<{ data: unknown[] }>("/v1/events?name=inngest/function.cancelled");
  expect(cancelled.data).toHaveLength(1);
  await world.advance(3_600_000);
  expect((await world.ended(other)).output).toBe("slept");
});

test("a run is cancelled by the API, and what its call still answers is dropped", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let started = false;
  let after = false;
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "slow", triggers: [{ event: "t/slow" }] }, async ({ step }) => {
      await step.run("slow", async () => {
        started = true;
        await held;
      });
      await step.run("after", () => {
        after = true;
      });
    }),
  ]);
  const eventId = await world.send("t/slow");
  await until("the step executes", () => started);
  const [run] = await world.runsOf(eventId);
  if (!run) throw new Error("There is no run.");
  expect((await world.fetch(`/v1/runs/${run.run_id}`, { method: "DELETE" })).status).toBe(204);
  release();
  expect((await world.ended(eventId)).status).toBe("Cancelled");
  expect((await world.fetch(`/v1/runs/${run.run_id}`, { method: "DELETE" })).status).toBe(409);
  // Another run through the whole engine shows that the answer of the first has been dealt with.
  await world.ended(await world.send("t/slow"));
  expect(after).toBe(true);
  expect((await world.run(run.run_id)).status).toBe("Cancelled");
});

test("of a run that is cancelled while the call after a sleep is under way, the sleep had ended when it was due", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let started = false;
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "nap", triggers: [{ event: "t/nap" }] }, async ({ step }) => {
      await step.sleep("nap", "1h");
      await step.run("work", async () => {
        started = true;
        await held;
      });
    }),
  ]);
  const eventId = await world.send("t/nap");
  const { run_id: runId } = await world.waiting(eventId);
  await world.advance(3_600_000);
  await until("the step executes", () => started);
  await world.advance(5_000);
  expect((await world.fetch(`/v1/runs/${runId}`, { method: "DELETE" })).status).toBe(204);
  release();
  await world.ended(eventId);
  const [nap] = (await world.trace(runId)).steps;
  expect(nap).toMatchObject({ name: "nap", status: expect.stringMatching(/completed/i) });
  const sleptMs = Date.parse(nap?.endedAt ?? "") - Date.parse(nap?.startedAt ?? "");
  // Not until it was cancelled, five seconds later.
  expect(sleptMs - 3_600_000).toBeGreaterThanOrEqual(0);
  expect(sleptMs - 3_600_000).toBeLessThan(3_000);
});

test("a run is started again with the same event, whatever its id", async () => {
  const seen: unknown[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "again", triggers: [{ event: "t/again" }] }, async ({ event }) => {
      seen.push(event.data.n);
    }),
  ]);
  const first = await world.ended(await world.send("t/again", { n: 5 }, { id: "once" }));
  const made = await world.api<{ data: { runId: string } }>(`/v2/runs/${first.run_id}/rerun`, post({}));
  const second = await until("it has run again", async () => {
    const run = await world.run(made.data.runId);
    return run.status === "Completed" ? run : null;
  });
  expect(seen).toEqual([5, 5]);
  expect(second).toMatchObject({ event_id: first.event_id, original_run_id: first.run_id });
});

test("cron fires once per slot, and once when the clock jumps over several", async () => {
  const fired: { cron: unknown; scheduledAt: unknown }[] = [];
  const world = await World.start((inngest) => [
    inngest.createFunction(
      { id: "hourly", triggers: [{ cron: "TZ=Europe/Berlin 0 * * * *" }] },
      async ({ event }) => {
        fired.push(event.data as { cron: unknown; scheduledAt: unknown });
      },
    ),
  ]);
  const toNextHour = () => 3_600_000 - (world.engine.clock.now() % 3_600_000);
  await world.advance(toNextHour());
  await until("the slot has fired", () => fired.length === 1);
  const slot = new Date(Math.floor(world.engine.clock.now() / 3_600_000) * 3_600_000);
  expect(fired[0]).toMatchObject({
    cron: "TZ=Europe/Berlin 0 * * * *",
    scheduledAt: slot.toISOString().replace(".000", ""),
  });
  await world.advance(toNextHour() + 5 * 3_600_000);
  await until("the last slot has fired", () => fired.length === 2);
  await world.advance(toNextHour());
  await until("the next slot has fired", () => fired.length === 3);
});

test("a function that the app no longer has starts no more, and its runs fail with that reason", async () => {
  const keep = (inngest: World["inngest"]) =>
    inngest.createFunction({ id: "keep", triggers: [{ event: "t/keep" }] }, async () => "kept");
  const world = await World.start((inngest) => [
    keep(inngest),
    inngest.createFunction({ id: "gone", triggers: [{ event: "t/gone" }] }, async ({ step }) => {
      await step.sleep("nap", "1h");
    }),
  ]);
  const eventId = await world.send("t/gone");
  await world.waiting(eventId);
  world.serve((inngest) => [keep(inngest)]);
  await until("the function is archived", async () => {
    const { data } = await world.api<{ data: { id: string; isArchived: boolean }[] }>(
      "/v2/apps/app/functions",
    );
    return data.find((fn) => fn.id === "app-gone")?.isArchived ?? false;
  });
  await world.advance(3_600_000);
  const run = await world.ended(eventId);
  expect(run).toMatchObject({ status: "Failed", output: { name: "FunctionRemoved" } });
  const later = await world.send("t/gone");
  await world.ended(await world.send("t/keep"));
  expect(await world.runsOf(later)).toEqual([]);
});

test("the clock goes forward only, and is kept", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "any", triggers: [{ event: "t/any" }] }, async () => 1),
  ]);
  type Clock = { offset_ms: number; now: string; moved?: boolean; reason?: string };
  const move = (body: unknown) => world.fetch("/dev/clock", post(body));
  expect(((await (await move({ advance: "60s" })).json()) as Clock).offset_ms).toBe(60_000);
  expect(((await (await move({ advance_ms: 500 })).json()) as Clock).offset_ms).toBe(60_500);
  for (const bad of [{ advance: "-1s" }, { advance_ms: -1 }, { advance: "soon" }, {}, { advance_ms: 1e15 }]) {
    expect((await move(bad)).status).toBe(400);
  }
  expect((await (await move({ advance_to_next: true })).json()) as Clock).toMatchObject({
    moved: false,
    reason: "nothing is scheduled",
  });
  const stored = postgres(world.databaseUrl, { max: 1 });
  onTestFinished(() => stored.end());
  const [row] = await stored`select value from inngest.settings where key = 'clock_offset_ms'`;
  expect(row?.value).toBe("60500");
});

test("without --clock there is no clock to move", async () => {
  const world = await World.start(
    (inngest) => [inngest.createFunction({ id: "any", triggers: [{ event: "t/any" }] }, async () => 1)],
    { hasClockApi: false },
  );
  expect((await world.fetch("/dev/clock")).status).toBe(404);
  expect((await world.fetch("/dev/clock", post({ advance: "60s" }))).status).toBe(404);
  expect((await world.fetch("/clock", post({}))).status).toBe(404);
});

test("work is taken up when it comes, not when the engine next looks", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "quick", triggers: [{ event: "t/quick" }] }, async ({ step }) => {
      await step.sleep("nap", "1s");
    }),
  ]);
  const tookMs: number[] = [];
  for (let n = 0; n < 5; n++) {
    const run = await world.ended(await world.send("t/quick"));
    tookMs.push(Date.parse(run.ended_at ?? "") - Date.parse(run.run_started_at));
  }
  // The quickest of them, because the machine may be busy; the engine looks by itself every 5 s only.
  expect(Math.min(...tookMs)).toBeLessThan(1_500);
});

test("what ended more than a week ago is forgotten, what still runs is not", async () => {
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "short", triggers: [{ event: "t/short" }] }, async ({ step }) => {
      await step.run("one", () => 1);
    }),
    inngest.createFunction({ id: "long", triggers: [{ event: "t/long" }] }, async ({ step }) => {
      await step.sleep("nap", "30d");
      return "awake";
    }),
  ]);
  const old = await world.send("t/short", {}, { id: "old" });
  const { run_id: oldRun } = await world.ended(old);
  const long = await world.send("t/long");
  await world.waiting(long);
  await world.advance(8 * 86_400_000);
  const recent = await world.send("t/short");
  await world.ended(recent);
  const sql = connect(world.databaseUrl, { max: 1 });
  onTestFinished(() => sql.end());
  expect(await pruneOnce(sql, world.engine.clock)).toBeGreaterThan(0);
  expect((await world.fetch(`/v1/runs/${oldRun}`)).status).toBe(404);
  expect((await world.fetch(`/v1/events/${old}`)).status).toBe(404);
  const left = await sql`select run_id from inngest.steps where run_id = ${oldRun}`;
  expect(left).toHaveLength(0);
  expect(await world.runsOf(recent)).toHaveLength(1);
  await world.advance(22 * 86_400_000);
  expect((await world.ended(long)).output).toBe("awake");
});
