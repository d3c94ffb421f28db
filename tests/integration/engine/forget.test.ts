// Forgetting ids: what a person's erasure has done here.
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./support/until.ts";
import { post, World } from "./support/world.ts";

const GONE = "0b0e7a34-6a8e-4d0e-9a35-5a1f1a3f5b01";
const CALLED = "0b0e7a34-6a8e-4d0e-9a35-5a1f1a3f5b02";
const OTHER = "7c1d2f90-1111-4222-8333-944455566677";

/** Functions that hold ids in events, outputs, errors and steps; `release` lets the calls of `hang` go on. */
async function startWorld() {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hanging = 0;
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "echo", triggers: [{ event: "t/echo" }] }, async ({ event, step }) => {
      await step.run("look", () => event.data);
      return event.data;
    }),
    inngest.createFunction({ id: "keep", triggers: [{ event: "t/keep" }] }, async ({ event }) => event.data),
    inngest.createFunction({ id: "wait", triggers: [{ event: "t/wait" }] }, async ({ step }) => {
      await step.sleep("long", "1h");
    }),
    inngest.createFunction(
      { id: "fail", retries: 0, triggers: [{ event: "t/fail" }] },
      async ({ event, step }) => {
        await step.run("look", () => event.data);
        throw new Error(`no ${String(event.data.id)}`);
      },
    ),
    inngest.createFunction({ id: "hang", triggers: [{ event: "t/hang" }] }, async ({ event }) => {
      hanging++;
      await held;
      return event.data;
    }),
  ]);
  const sql = postgres(world.databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => sql.end());
  /** `table` of every table of the engine that holds the text. */
  const tablesWith = async (text: string) => {
    const found: string[] = [];
    for (const table of ["events", "runs", "steps", "jobs", "started"]) {
      const rows =
        await sql`select 1 from inngest.${sql(table)} t where position(${text} in t::text) > 0 limit 1`;
      if (rows.length > 0) found.push(table);
    }
    return found;
  };
  const forget = (body: object) =>
    world.api<{ data: { events: number; runs: number } }>("/v1/forget", post(body));
  return { world, sql, tablesWith, forget, release: () => release(), hanging: () => hanging };
}

test("nothing of the engine's holds an id that it was told to forget, whether its runs had ended or not", async () => {
  const { world, sql, tablesWith, forget } = await startWorld();
  await world.ended(await world.send("t/echo", { id: GONE }, { id: CALLED }));
  await world.ended(await world.send("t/fail", { list: [{ id: GONE }], id: GONE }));
  await world.waiting(await world.send("t/wait", { id: GONE }));
  const kept = await world.ended(await world.send("t/echo", { id: OTHER }));
  expect(await tablesWith(GONE)).toEqual(["events", "runs", "steps"]);
  expect(await tablesWith(CALLED)).toEqual(["events", "started"]);

  const { data } = await forget({ ids: [GONE, CALLED] });
  // Two of them told their end in events of their own.
  expect(data.runs).toBe(3);
  expect(await tablesWith(GONE)).toEqual([]);
  expect(await tablesWith(CALLED)).toEqual([]);
  expect((await world.run(kept.run_id)).output).toEqual({ id: OTHER });
  const [jobs] = await sql<{ count: number }[]>`select count(*)::int as count from inngest.jobs`;
  expect(jobs?.count, "the sleep's job went with its run").toBe(0);
  expect((await forget({ ids: [GONE] })).data).toEqual({ events: 0, runs: 0 });
});

test("a call that is under way ends, and writes nothing down about what was forgotten", async () => {
  const { world, tablesWith, forget, release, hanging } = await startWorld();
  await world.send("t/hang", { id: GONE });
  await until("the call is under way", () => Promise.resolve(hanging() === 1));
  expect((await forget({ ids: [GONE] })).data).toEqual({ events: 1, runs: 1 });
  release();
  await world.ended(await world.send("t/hang", { id: OTHER }));
  expect(await tablesWith(GONE)).toEqual([]);
});

test("events that are named as needed stay, with their runs", async () => {
  const { world, tablesWith, forget } = await startWorld();
  const kept = await world.ended(await world.send("t/keep", { id: GONE }));
  await world.ended(await world.send("t/echo", { id: GONE }));
  await forget({ ids: [GONE], keep: ["t/keep"] });
  expect(await tablesWith(GONE)).toEqual(["events", "runs"]);
  expect((await world.run(kept.run_id)).output).toEqual({ id: GONE });
});

test.each([[{}], [{ ids: [] }], [{ ids: ["%"] }], [{ ids: [GONE], more: 1 }], [[]], ["ids"]])(
  "%j is refused, and forgets nothing",
  async (body) => {
    const { world, tablesWith } = await startWorld();
    await world.ended(await world.send("t/echo", { id: GONE }));
    const response = await world.fetch("/v1/forget", post(body));
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain('"ids"');
    expect(await tablesWith(GONE)).toEqual(["events", "runs", "steps"]);
  },
);
