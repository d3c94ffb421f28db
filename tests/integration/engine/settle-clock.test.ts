// The clock after it was moved: a new start of the product goes back to the real time, where nobody waits.
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { type Engine, startEngine } from "@/local/inngest/engine.ts";
import { until } from "./support/until.ts";
import { type Functions, World } from "./support/world.ts";

const HOUR_MS = 3_600_000;

const functions: Functions = (inngest) => [
  inngest.createFunction({ id: "quick", triggers: [{ event: "t/quick" }] }, () => "done"),
  inngest.createFunction({ id: "nap", triggers: [{ event: "t/nap" }] }, async ({ step }) => {
    await step.sleep("nap", "5h");
    return "awake";
  }),
  inngest.createFunction({ id: "hourly", triggers: [{ cron: "0 * * * *" }] }, () => "ticked"),
];

/** Starts an engine on the world's database, as the next `npm start` does. */
async function startNext(world: World, log: string[] = []): Promise<Engine> {
  const engine = await startEngine({
    databaseUrl: world.databaseUrl,
    appUrl: `http://127.0.0.1:${world.app.port}/api/inngest`,
    port: 0,
    hasClockApi: true,
    settlesClock: true,
    log: (line) => log.push(line),
  });
  onTestFinished(() => engine.stop());
  return engine;
}

async function query<Row extends object>(world: World, text: string): Promise<Row[]> {
  const sql = postgres(world.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe<Row[]>(text))];
  } finally {
    await sql.end();
  }
}

async function nothingRuns(world: World): Promise<void> {
  await until("nothing runs", async () => {
    const rows = await query(world, "select 1 from inngest.runs where status = 'Running'");
    return rows.length === 0;
  });
}

test("a start without unfinished runs sets a moved clock back, and crons do not wait for the time that was skipped", async () => {
  const world = await World.start(functions);
  await world.ended(await world.send("t/quick"));
  await world.advance(48 * HOUR_MS);
  await until("the cron has fired in the moved time", async () => {
    const runs = await query(world, "select 1 from inngest.runs where function_slug like '%hourly'");
    return runs.length > 0;
  });
  await nothingRuns(world);
  await world.engine.stop();

  const log: string[] = [];
  const next = await startNext(world, log);
  expect(next.clock.offsetMs()).toBe(0);
  expect(log).toContain("The clock was 2 d ahead; it shows the real time again.");
  expect(await (await fetch(next.url)).text()).not.toContain("ahead of the real time");
  const [cron] = await query<{ next_at_ms: string }>(world, "select next_at_ms from inngest.crons");
  expect(Number(cron?.next_at_ms)).toBeLessThanOrEqual(Date.now() + HOUR_MS);
  // Its slot of the moved time comes again, and must not be taken for one that has fired.
  const seen = await query(world, "select key from inngest.started where function_slug like '%hourly'");
  expect(seen).toEqual([]);
});

test("the clock stays ahead while a run is unfinished, so that what sleeps does not sleep longer", async () => {
  const world = await World.start(functions);
  await world.waiting(await world.send("t/nap"));
  await world.advance(2 * HOUR_MS);
  await nothingElseRuns(world);
  await world.engine.stop();

  const log: string[] = [];
  const next = await startNext(world, log);
  expect(next.clock.offsetMs()).toBe(2 * HOUR_MS);
  expect(log).toContain("The clock is 2 h ahead, and stays so while runs are unfinished.");
  expect(await (await fetch(next.url)).text()).toContain("This clock is 2 h ahead of the real time");
});

async function nothingElseRuns(world: World): Promise<void> {
  await until("only the nap is left", async () => {
    const rows = await query(
      world,
      "select 1 from inngest.runs where status = 'Running' and function_slug not like '%nap'",
    );
    return rows.length === 0;
  });
}

test("the clock stays ahead while another engine lives by it", async () => {
  const world = await World.start(functions);
  await world.advance(HOUR_MS / 60);
  await nothingRuns(world);
  const second = await startNext(world);
  expect(second.clock.offsetMs()).toBe(HOUR_MS / 60);
  expect(world.engine.clock.offsetMs()).toBe(HOUR_MS / 60);
});
