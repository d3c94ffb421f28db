// The database stand-in as a process of its own: starts or adopts Postgres, watches it, and stops it when it is
// stopped itself or its parent is gone. `--port` insists on one port.
import path from "node:path";
import { parseArgs } from "node:util";
import { accountFor } from "./account";
import { type Cluster, PortTakenError, startCluster, stopCluster } from "./cluster";
import { choosePlaces, type Places } from "./places";
import { isAlive } from "./postmaster";
import { enter, leave } from "./users";

const WATCH_EVERY_MS = 250;
/** What it says about connections that come while it starts or stops, or that a test cuts: no news. */
const NO_NEWS =
  /the database system is (starting up|shutting down|not yet accepting)|due to administrator command/;

const log = (message: string) => console.log(`postgres: ${message}`);
const stopped = new AbortController();

function readOptions() {
  const { values } = parseArgs({
    options: { dir: { type: "string", default: ".latchkey" }, port: { type: "string" } },
  });
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && (!Number.isInteger(port) || port < 1 || port > 65_535))
    throw new Error(`--port ${values.port} is not a port.`);
  return { dir: path.resolve(values.dir), port };
}

async function main(): Promise<void> {
  const { dir, port } = readOptions();
  const places = choosePlaces(dir, accountFor(dir));
  enter(places.users);
  const starting = startCluster(places, { port, log, signal: stopped.signal });
  onStop(async () => {
    stopped.abort();
    const cluster = await starting.catch(() => null);
    if (leave(places.users) && cluster) await stopCluster(cluster);
    process.exit(0);
  });
  const cluster = await starting.catch((error: unknown) => {
    leave(places.users);
    throw error;
  });
  if (stopped.signal.aborted) return;
  watch(cluster, places);
  log(`ready on port ${cluster.port} (pid ${cluster.pid})`);
  process.send?.({ type: "ready", url: cluster.url, port: cluster.port, pid: cluster.pid });
}

function onStop(stop: () => Promise<void>): void {
  let isStopping = false;
  const once = () => {
    if (isStopping) return;
    isStopping = true;
    void stop();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, once);
  if (process.send) process.on("disconnect", once);
}

/** Ends this process with 1 when the server ends without being told to. */
function watch(cluster: Cluster, places: Places): void {
  const died = () => {
    if (stopped.signal.aborted) return;
    leave(places.users);
    console.error(`postgres: the server (pid ${cluster.pid}) ended unexpectedly`);
    process.exit(1);
  };
  cluster.process?.stderr?.on("data", (chunk) => {
    for (const line of String(chunk).split("\n")) if (line && !NO_NEWS.test(line)) console.error(line);
  });
  cluster.process?.once("exit", died);
  // An adopted server is nobody's child, so its end has to be looked for.
  if (!cluster.process) setInterval(() => isAlive(cluster.pid) || died(), WATCH_EVERY_MS);
}

main().catch((error: unknown) => {
  if (stopped.signal.aborted) return;
  console.error(`postgres: ${error instanceof Error ? error.message : String(error)}`);
  // The number of EADDRINUSE: whoever started us may try another port.
  process.exit(error instanceof PortTakenError ? 98 : 1);
});
