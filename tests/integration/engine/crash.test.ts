import { once } from "node:events";
import { serve } from "inngest/node";
import postgres from "postgres";
import { expect, onTestFinished, test, vi } from "vitest";
import { emptyDatabase } from "./support/empty-database.ts";
import { spawnEngine, startEngineProcess } from "./support/process.ts";
import { until } from "./support/until.ts";
import { AppServer, createClient, type Functions, type RunView } from "./support/world.ts";

// Starting a process with tsx takes a second on a quiet machine, and far longer on a busy one.
vi.setConfig({ testTimeout: 120_000 });

async function startApp(): Promise<{ app: AppServer; appUrl: string; databaseUrl: string }> {
  const databaseUrl = await emptyDatabase();
  const app = new AppServer();
  await app.listen();
  onTestFinished(() => app.close());
  return { app, appUrl: `http://127.0.0.1:${app.port}/api/inngest`, databaseUrl };
}

function serveAt(app: AppServer, engineUrl: string, functions: Functions) {
  const client = createClient(engineUrl, null);
  app.handler = serve({ client, functions: functions(client) });
  return client;
}

async function taken(engineUrl: string): Promise<void> {
  await until("the functions are taken over", async () => {
    const response = await fetch(`${engineUrl}/v2/apps`);
    const { data } = (await response.json()) as { data: { isConnected: boolean }[] };
    return data[0]?.isConnected ?? false;
  });
}

async function runOf(engineUrl: string, eventId: string): Promise<RunView | null> {
  const response = await fetch(`${engineUrl}/v1/events/${eventId}/runs`);
  if (!response.ok) return null;
  return ((await response.json()) as { data: RunView[] }).data[0] ?? null;
}

test("after kill -9 in the middle of a step and a restart, the step is called again within 5 s, as the same attempt", async () => {
  const { app, appUrl, databaseUrl } = await startApp();
  const attempts: number[] = [];
  let hang = true;
  const functions: Functions = (inngest) => [
    inngest.createFunction({ id: "work", triggers: [{ event: "t/work" }] }, async ({ step, attempt }) => {
      await step.run("before", () => "kept");
      return await step.run("work", async () => {
        attempts.push(attempt);
        if (hang) await new Promise(() => {});
        return "done";
      });
    }),
  ];
  const first = await startEngineProcess({ databaseUrl, appUrl });
  const client = serveAt(app, first.url, functions);
  await taken(first.url);
  const { ids } = await client.send({ name: "t/work", data: {} });
  await until("the step hangs", () => attempts.length === 1);
  await first.kill();
  hang = false;

  const second = await startEngineProcess({ databaseUrl, appUrl });
  const readyAt = Date.now();
  const run = await until("the run has ended", async () => {
    const found = await runOf(second.url, ids[0] ?? "");
    return found?.status === "Completed" ? found : null;
  });
  expect(Date.now() - readyAt).toBeLessThan(5_000);
  expect(run.output).toBe("done");
  expect(attempts).toEqual([0, 0]);
});

test("a sleep and a moved clock outlive kill -9", async () => {
  const { app, appUrl, databaseUrl } = await startApp();
  const functions: Functions = (inngest) => [
    inngest.createFunction({ id: "nap", triggers: [{ event: "t/nap" }] }, async ({ step }) => {
      await step.sleep("nap", "2h");
      return "awake";
    }),
  ];
  const move = (url: string, advance: string) =>
    fetch(`${url}/dev/clock`, { method: "POST", body: JSON.stringify({ advance }) });
  const first = await startEngineProcess({ databaseUrl, appUrl });
  const client = serveAt(app, first.url, functions);
  await taken(first.url);
  await move(first.url, "30m");
  const { ids } = await client.send({ name: "t/nap", data: {} });
  await until("the run sleeps", async () => {
    const run = await runOf(first.url, ids[0] ?? "");
    return run?.next_at ? Date.parse(run.next_at) > Date.now() + 2 * 3_600_000 : false;
  });
  await move(first.url, "1h");
  await first.kill();

  const second = await startEngineProcess({ databaseUrl, appUrl });
  const clock = (await (await fetch(`${second.url}/dev/clock`)).json()) as { offset_ms: number };
  expect(clock.offset_ms).toBe(90 * 60_000);
  expect((await runOf(second.url, ids[0] ?? ""))?.status).toBe("Running");
  await move(second.url, "1h");
  const run = await until("the run has ended", async () => {
    const found = await runOf(second.url, ids[0] ?? "");
    return found?.status === "Completed" ? found : null;
  });
  expect(run.output).toBe("awake");
});

/** A call that a busy machine refuses is tried again after a quarter or half of a minute. */
const RETRIED_MS = 60_000;

test("two engines on one database share the work, double nothing, and one takes over when the other dies", async () => {
  const { app, appUrl, databaseUrl } = await startApp();
  const executed = new Map<string, number>();
  const functions: Functions = (inngest) => [
    inngest.createFunction({ id: "count", triggers: [{ event: "t/count" }] }, async ({ event, step }) => {
      for (const name of ["a", "b"]) {
        await step.run(name, () => {
          const key = `${event.data.n}/${name}`;
          executed.set(key, (executed.get(key) ?? 0) + 1);
        });
      }
    }),
  ];
  // Started at the same moment: both create the schema.
  const [one, two] = await Promise.all([
    startEngineProcess({ databaseUrl, appUrl }),
    startEngineProcess({ databaseUrl, appUrl }),
  ]);
  const client = serveAt(app, one.url, functions);
  const other = createClient(two.url, null);
  await Promise.all([taken(one.url), taken(two.url)]);
  const batch = (from: number) =>
    Array.from({ length: 40 }, (_, index) => ({ name: "t/count", data: { n: from + index } }));
  await Promise.all([client.send(batch(0)), other.send(batch(40))]);
  await until("all steps have been executed", () => executed.size === 160, RETRIED_MS);
  const left = async () => {
    const { data } = (await (await fetch(`${two.url}/v2/runs?status=RUNNING`)).json()) as { data: unknown[] };
    return data.length;
  };
  await until("all runs have ended", async () => (await left()) === 0, RETRIED_MS);
  expect([...executed.values()].filter((times) => times !== 1)).toEqual([]);

  await Promise.all([client.send(batch(100)), other.send(batch(140))]);
  await one.kill();
  await until(
    "the other has done the rest",
    async () => executed.size === 320 && (await left()) === 0,
    RETRIED_MS,
  );
  // At least once: what was under way when the engine died may have been called a second time.
  expect([...executed.values()].every((times) => times <= 2)).toBe(true);
}, 180_000);

test("an engine outlives a database that drops its connections, and goes on where it was", async () => {
  const { app, appUrl, databaseUrl } = await startApp();
  let executed = 0;
  const functions: Functions = (inngest) => [
    inngest.createFunction({ id: "work", triggers: [{ event: "t/work" }] }, async ({ step }) => {
      await step.run("work", () => executed++);
    }),
  ];
  const engine = await startEngineProcess({ databaseUrl, appUrl });
  const client = serveAt(app, engine.url, functions);
  await taken(engine.url);
  const admin = postgres(databaseUrl, { max: 1 });
  onTestFinished(() => admin.end());
  const rounds = 12;
  for (let round = 0; round < rounds; round++) {
    const sent = client.send({ name: "t/work", data: {} });
    // Somewhere between accepting the event and storing the outcome of the step.
    await new Promise((resolve) => setTimeout(resolve, round * 2));
    await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'latchkey-engine'`;
    await sent;
  }
  await until("every accepted event has had its run", async () => {
    const { data } = (await (await fetch(`${engine.url}/v2/runs?status=COMPLETED`)).json()) as {
      data?: unknown[];
    };
    // It may answer 500 while its database drops its connections.
    return data?.length === rounds;
  });
  expect(executed).toBeGreaterThanOrEqual(rounds);
  await until("this engine says again that it lives", async () => {
    const locks = await admin`
      select 1 from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
      where l.locktype = 'advisory' and l.classid = ${0x696e6774} and l.objid > 0`;
    return locks.length > 0;
  });
  expect(engine.child.exitCode).toBe(null);
});

test("a taken port is said in one sentence, with the exit code that makes the start try another one", async () => {
  const { app, appUrl, databaseUrl } = await startApp();
  const { child, output } = spawnEngine({ databaseUrl, appUrl, port: app.port });
  const [code] = await once(child, "exit");
  expect(code).toBe(98);
  expect(output()).toContain(`Port ${app.port} is already taken`);
});

test("SIGTERM, SIGINT and the death of the parent end the engine cleanly, and it gives its work back", async () => {
  const { appUrl, databaseUrl } = await startApp();
  for (const end of ["SIGTERM", "SIGINT", "disconnect"] as const) {
    const engine = await startEngineProcess({ databaseUrl, appUrl });
    if (end === "disconnect") engine.child.disconnect();
    else engine.child.kill(end);
    const [code] = await once(engine.child, "exit");
    expect([end, code]).toEqual([end, 0]);
  }
  const sql = postgres(databaseUrl, { max: 1 });
  onTestFinished(() => sql.end());
  expect(await sql`select id from inngest.engines`).toHaveLength(0);
});
