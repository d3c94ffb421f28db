// The engine as a process of its own: `node local/run.mjs inngest --port 8288 --app-url …`.
// `--clock`: it can be moved. `--settle-clock`: a clock that was moved starts at the real time if no run is
// unfinished. `--first-patience`: seconds that the app may take to be there at all.
import { parseArgs } from "node:util";
import { startEngine } from "./engine.ts";
import { isSigningKey } from "./signing.ts";
import { isTransient } from "./store/database.ts";

const log = (message: string) => console.log(`inngest: ${message}`);

function fail(message: string): never {
  console.error(`inngest: ${message}`);
  // The number of EADDRINUSE: whoever started us may try another port.
  process.exit(/^Port \d+ is already taken/.test(message) ? 98 : 1);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8288" },
      "app-url": { type: "string", default: "http://127.0.0.1:3000/api/inngest" },
      clock: { type: "boolean", default: false },
      "settle-clock": { type: "boolean", default: false },
      "first-patience": { type: "string", default: "30" },
      parallel: { type: "string", default: "50" },
    },
  });
  const port = Number(values.port);
  const firstPatienceMs = Number(values["first-patience"]) * 1000;
  if (!(firstPatienceMs >= 0)) throw new Error("--first-patience must be a number of seconds.");
  const parallelMax = Number(values.parallel);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port ${values.port} is not a port.`);
  if (!Number.isInteger(parallelMax) || parallelMax < 1) throw new Error("--parallel must be 1 or more.");
  if (!URL.canParse(values["app-url"]) || !/^https?:/.test(values["app-url"])) {
    throw new Error(`--app-url ${values["app-url"]} is not an http address.`);
  }
  const databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) throw new Error("DATABASE_URL is not set.");
  const signingKey = process.env.INNGEST_SIGNING_KEY || null;
  if (signingKey !== null && !isSigningKey(signingKey)) {
    throw new Error("INNGEST_SIGNING_KEY must look like signkey-prod-<hex>.");
  }
  return {
    port,
    parallelMax,
    firstPatienceMs,
    databaseUrl,
    signingKey,
    appUrl: values["app-url"],
    hasClockApi: values.clock,
    settlesClock: values["settle-clock"],
    eventKey: process.env.INNGEST_EVENT_KEY || null,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  const engine = await startEngine({ ...options, log });
  const stop = () => {
    engine.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  // A lost connection also surfaces where nobody can catch it: in a timer of the driver, and in promises that
  // it keeps to itself. Whatever of ours was under way has its own rejection, and the pool renews itself.
  process.on("uncaughtException", (error) => {
    if (!isTransient(error)) fail(error.stack ?? error.message);
  });
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.once("disconnect", stop);
  log(`ready at ${engine.url}, for ${options.appUrl}${options.hasClockApi ? ", with a movable clock" : ""}`);
  process.send?.({ type: "ready", url: engine.url, port: engine.port, pid: process.pid });
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
