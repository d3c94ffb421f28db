// An engine that is started before its app, as `npm start` does it.
import { serve } from "inngest/node";
import { expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "@/cli/product/free-ports";
import { type Engine, type EngineOptions, startEngine } from "@/local/inngest/engine.ts";
import { emptyDatabase } from "./support/empty-database.ts";
import { until } from "./support/until.ts";
import { AppServer, createClient, type Functions, type RunView, type Trace } from "./support/world.ts";

const TWO_HOURS_MS = 7_200_000;

const functions: Functions = (inngest) => [
  inngest.createFunction({ id: "nap", triggers: [{ event: "t/nap" }], retries: 0 }, async ({ step }) => {
    await step.sleep("nap", "1h");
    return "awake";
  }),
];

async function listen(port: number, engineUrl: string): Promise<AppServer> {
  const app = new AppServer();
  const client = createClient(engineUrl, null);
  app.handler = serve({ client, functions: functions(client) });
  await app.listen(port);
  return app;
}

const read = async <T>(engine: Engine, path: string): Promise<T> =>
  (await (await fetch(`${engine.url}${path}`)).json()) as T;

type Apps = { data: { isConnected: boolean; functionCount: number; error: string | null }[] };

/** A run that sleeps, an engine and an app that have ended; and another engine, two hours later, which finds `there`. */
async function restart(more: Partial<EngineOptions> = {}, there: AppServer | null = null) {
  const databaseUrl = await emptyDatabase();
  const [port = 0] = await findFreePorts(1);
  const options = { databaseUrl, appUrl: `http://127.0.0.1:${port}/api/inngest`, port: 0 };
  const first = await startEngine(options);
  const app = await listen(port, first.url);
  await until("the functions are taken over", async () => {
    const { data } = await read<Apps>(first, "/v2/apps");
    return data[0]?.functionCount === 1;
  });
  const { ids } = await createClient(first.url, null).send({ name: "t/nap", data: {} });
  const runOf = async (engine: Engine) =>
    (await read<{ data: RunView[] }>(engine, `/v1/events/${ids[0]}/runs`)).data[0] ?? null;
  await until("the run sleeps", async () => {
    const nextAt = (await runOf(first))?.next_at;
    return nextAt && Date.parse(nextAt) > Date.now() + TWO_HOURS_MS / 4;
  });
  await app.close();
  await first.stop();
  await there?.listen(port);
  const engine = await startEngine({ ...options, realNow: () => Date.now() + TWO_HOURS_MS, ...more });
  onTestFinished(() => engine.stop());
  return { engine, run: () => runOf(engine), startApp: () => listen(port, engine.url) };
}

test("calls nobody before the app answers: what is due waits for it, and loses no attempt", async () => {
  const asked: unknown[] = [];
  const nobody = new AppServer();
  nobody.handler = (request, response) => {
    asked.push(request.method);
    response.destroy();
  };
  const { engine, run, startApp } = await restart({}, nobody);
  await until("the engine has asked for the functions again and again", () => asked.length >= 3);
  expect(new Set(asked)).toEqual(new Set(["PUT"]));
  expect(await run()).toMatchObject({ status: "Running" });
  await nobody.close();
  const app = await startApp();
  onTestFinished(() => app.close());
  const ended = await until("the run ends", async () => {
    const found = await run();
    return found && found.status !== "Running" ? found : null;
  });
  expect(ended).toMatchObject({ status: "Completed", output: "awake" });
  const { data } = await read<{ data: Trace }>(engine, `/v2/runs/${ended.run_id}/trace`);
  expect(data.attempts.filter(({ outcome }) => outcome !== "completed")).toEqual([]);
});

test("does not wait longer than it is told to: then a call that finds nobody is a failed attempt", async () => {
  const { run } = await restart({ firstPatienceMs: 0 });
  const ended = await until("the run ends", async () => {
    const found = await run();
    return found && found.status !== "Running" ? found : null;
  });
  expect(ended).toMatchObject({ status: "Failed", output: { name: "Unreachable" } });
});
