// The local engine alone: runs of one sleep and one step.
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createDatabaseBeside } from "@/db/bench";
import { findFreePorts } from "../product/free-ports";
import { createPart } from "../product/part";
import { isolatedEnvironment } from "../product/places";
import type { Figure } from "./figures";
import { startNapApp } from "./nap-app";
import type { Bench } from "./registration";

const RUNS = 3_000;
const BATCH = 100;
const PATIENCE_MS = 120_000;

export async function measureEngine({ product, say, signal }: Bench, root: string): Promise<Figure[]> {
  const databaseUrl = await createDatabaseBeside(product.postgres.url, "engine_bench");
  const [port = 0] = await findFreePorts(1);
  const engineUrl = `http://127.0.0.1:${port}`;
  const app = await startNapApp(engineUrl);
  const engine = createPart({
    name: "bench-engine",
    args: () => ["local/run.mjs", "inngest", "--port", String(port), "--app-url", app.url],
    cwd: root,
    env: isolatedEnvironment(root, { DATABASE_URL: databaseUrl }),
    logFile: path.join("/dev/null"),
    stopSignal: "SIGKILL",
    onEnd: (how) => say(`the engine that is measured ended: ${how}`),
  });
  try {
    await engine.start();
    await until(
      async () => (await fetch(`${engineUrl}/v2/apps`)).text(),
      (text) => /"bench"/.test(text),
    );
    say(`${RUNS} runs of the engine alone …`);
    const startedAt = performance.now();
    for (let sent = 0; sent < RUNS && !signal.aborted; sent += BATCH)
      await app.client.send(
        Array.from({ length: BATCH }, (_, index) => ({ name: "bench/nap", data: { n: sent + index } })),
      );
    await until(
      async () => app.done(),
      (count) => count >= RUNS || signal.aborted,
    );
    // The last run's second is not work.
    const seconds = (performance.now() - startedAt) / 1000 - 1;
    return [
      {
        name: "runs of a sleep and a step",
        value: RUNS / seconds,
        unit: "/s",
        bar: { atLeast: 300 },
        note: "its app answers from memory; a real Inngest server on two such cores: 28 to 75",
      },
    ];
  } finally {
    await engine.stop();
    app.close();
  }
}

async function until<T>(read: () => Promise<T>, isGood: (value: T) => boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await delay(50))
    if (isGood(await read().catch(() => undefined as T))) return;
  throw new Error("The engine did not do its work in time.");
}
