// The database stand-in as a process of its own: starts or adopts Postgres, watches it, and stops it when it is
// stopped itself or its parent is gone.

import path from "node:path";
import { setInterval } from "node:timers";
import { parseArgs } from "node:util";
import { accountOfThisMachine } from "./binaries";
import { type Cluster, isAlive, startCluster, stopCluster } from "./cluster";

const { values } = parseArgs({ options: { dir: { type: "string", default: ".latchkey" } } });

let cluster: Cluster | undefined;
let isStopping = false;

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  if (cluster) await stopCluster(cluster);
  process.exit(0);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
if (process.send) process.on("disconnect", () => void stop());

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

try {
  cluster = await startCluster(path.resolve(values.dir), accountOfThisMachine(), (line) => console.log(line));
} catch (error) {
  fail(error);
}

function died(): void {
  if (isStopping) return;
  console.error(`the database server (pid ${cluster?.pid}) ended unexpectedly`);
  process.exit(1);
}

// An adopted server is nobody's child, so its end has to be looked for.
if (cluster.process) cluster.process.once("exit", died);
else setInterval(() => cluster && !isAlive(cluster.pid) && died(), 500);

const { url, port, pid, adopted } = cluster;
console.log(`Postgres answers on port ${port}`);
process.send?.({ type: "ready", url, port, pid, adopted });
