// Puts the parts together and keeps them alive: one object that main.ts runs and tests drive.
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createCaller, describeNetworkError } from "./call.ts";
import { type Clock, createClock } from "./clock.ts";
import { Crons } from "./crons.ts";
import { Life } from "./life.ts";
import { Loop } from "./loop.ts";
import { startPruning } from "./prune.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { randomJitterMs } from "./schedule.ts";
import { createServer } from "./server.ts";
import { settleClock } from "./settle-clock.ts";
import { type Database, isTransient, openDatabase, type Sql, subscribe } from "./store/database.ts";
import { loadFunctions, loadOffset } from "./store/functions.ts";
import { releaseOwnLeases } from "./store/leases.ts";
import { createSchema } from "./store/schema.ts";
import { Sync } from "./sync.ts";
import { Writer } from "./writer.ts";

export type EngineOptions = {
  databaseUrl: string;
  /** Where the app serves its functions, e.g. `http://127.0.0.1:3000/api/inngest`. The only address called. */
  appUrl: string;
  /** 0 takes any free port. */
  port: number;
  eventKey?: string | null;
  signingKey?: string | null;
  /** Offers `/dev/clock`. */
  hasClockApi?: boolean;
  /** Sets a moved clock back to the real time if no run is unfinished; for the first start, not for a restart. */
  settlesClock?: boolean;
  /** How long the app may take to answer for the first time before the log says that it does not. */
  firstPatienceMs?: number;
  /** Calls of the app at the same time. */
  parallelMax?: number;
  jitterMs?: () => number;
  /** Real time, Unix milliseconds; for tests that replay another day. */
  realNow?: () => number;
  log?: (message: string) => void;
};

export type Engine = {
  url: string;
  port: number;
  clock: Clock;
  /** Stops cleanly: calls under way may finish for a few seconds, the rest is given back. */
  stop(): Promise<void>;
};

const PARALLEL_DEFAULT = 50;
/** How long calls under way may take when the engine is asked to stop. */
const STOP_GRACE_MS = 3_000;

export type Context = {
  sql: Sql;
  clock: Clock;
  loop: Loop;
  writer: Writer;
  sync: Sync;
  registry: () => Registry;
  appUrl: URL;
  eventKey: string | null;
  signingKey: string | null;
  hasClockApi: boolean;
  log: (message: string) => void;
};

/** Starts an engine; rejects with a sentence when the port is taken or the database cannot be used. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const log = options.log ?? (() => {});
  const appUrl = new URL(options.appUrl);
  const signingKey = options.signingKey ?? null;
  const parallelMax = options.parallelMax ?? PARALLEL_DEFAULT;
  const clock = createClock(options.realNow);
  const database = openDatabase(options.databaseUrl, 10);
  const { sql } = database;
  await prepareDatabase(database, options.databaseUrl, log);
  if (options.settlesClock) await settleClock(sql, clock.realNow(), log);
  clock.adopt(await loadOffset(sql));
  let registry = createRegistry(await loadFunctions(sql));
  const reload = async () => {
    registry = createRegistry(await loadFunctions(sql));
  };

  const life = new Life(sql, options.databaseUrl, log);
  const owner = await life.begin();
  const caller = createCaller(appUrl, parallelMax);
  const sync = new Sync({
    sql,
    clock,
    caller,
    appUrl,
    signingKey,
    log,
    firstPatienceMs: options.firstPatienceMs,
    onChange: async () => {
      await reload();
      crons.wake();
      loop.wake();
    },
    onFirstAnswer: () => loop.wake(),
  });
  await sync.load();
  const loop: Loop = new Loop({
    sql,
    owner,
    clock,
    caller,
    writer: () => writer,
    registry: () => registry,
    signingKey,
    parallelMax,
    jitterMs: options.jitterMs ?? randomJitterMs,
    isHeld: () => sync.isAppStarting,
    log,
  });
  const writer = new Writer({
    sql,
    log,
    environment: { owner, clock, registry: () => registry, appName: () => sync.state.appName ?? "app" },
    onJobs: (earliestDueMs) => loop.expect(earliestDueMs),
  });
  const crons = new Crons({ sql, clock, writer, registry: () => registry, log });

  const context: Context = {
    sql,
    clock,
    loop,
    writer,
    sync,
    registry: () => registry,
    appUrl,
    eventKey: options.eventKey ?? null,
    signingKey,
    hasClockApi: options.hasClockApi ?? false,
    log,
  };
  const app = createServer(context);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  try {
    await listen(server, options.port);
  } catch (error) {
    await life.end();
    await database.end();
    throw error;
  }

  const adoptOffset = async () => {
    clock.adopt(await loadOffset(sql));
    crons.wake();
    loop.wake();
  };
  subscribe(database, {
    inngest_jobs: (engine) => {
      if (engine !== String(owner)) loop.wake();
    },
    inngest_functions: () => void reload().catch(() => {}),
    inngest_clock: () => void adoptOffset().catch(() => {}),
  });
  // What was said while nobody listened.
  database.onOpen(() => void Promise.all([reload(), adoptOffset()]).catch(() => {}));
  life.keep(
    () => loop.jobIds,
    () => loop.wake(),
  );
  const stopPruning = startPruning(sql, clock, log);
  await crons.start();
  sync.start();
  loop.wake();

  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    sync.stop();
    crons.stop();
    stopPruning();
    server.close();
    server.closeIdleConnections();
    await loop.stop(STOP_GRACE_MS);
    server.closeAllConnections();
    caller.close();
    await releaseOwnLeases(sql, owner).catch(() => {});
    await life.end();
    await database.end();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    clock,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** A database that was started together with the engine may need a moment. */
const DATABASE_PATIENCE_MS = 30_000;

async function prepareDatabase(
  database: Database,
  url: string,
  log: (message: string) => void,
): Promise<void> {
  const until = Date.now() + DATABASE_PATIENCE_MS;
  const place = URL.canParse(url) ? new URL(url).host : "DATABASE_URL";
  for (let attempt = 0; ; attempt++) {
    try {
      return await createSchema(database.sql);
    } catch (error) {
      const reason = describeNetworkError(error);
      if (!isTransient(error) || Date.now() > until) {
        await database.end();
        throw new Error(`The database at ${place} cannot be used: ${reason}`, { cause: error });
      }
      if (attempt === 0) log(`Waiting for the database at ${place}: ${reason}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Port ${port} is already taken; choose another one with --port.`)
          : error,
      );
    });
    // Loopback only: in dev style nothing is signed, so whoever can reach the port can start functions.
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
