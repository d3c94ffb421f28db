// The server of one data directory: started, or adopted when an earlier parent was killed; stopped.
import type { ChildProcess } from "node:child_process";
import { renameSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { ensureInitialized, lastLines, PostgresError, readPassword, spawnAs, USER } from "./initialize";
import type { Places } from "./places";
import { findPostmaster, findSourceOfCopy, isAlive, readLastPort } from "./postmaster";

const DATABASE = "latchkey";
const FIRST_PORT = 54_320;
const PORT_TRIES = 200;
/** Generous: after a crash it reads its log again before it answers. */
const START_TIMEOUT_MS = 120_000;
/** A predecessor that is shutting down, or was killed and still holds its shared memory, is waited for this long. */
const PREDECESSOR_TIMEOUT_MS = 20_000;
/** From when the port that our clients know was found taken: whoever has it may be about to end. */
const PORT_TIMEOUT_MS = 2_000;

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "64MB",
  max_wal_size: "256MB",
  // On a few cores, and with little in it, these cost more than they bring.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  timezone: "UTC",
  // A statement in the log would show addresses: only what ends a connection or the server is said.
  log_min_messages: "fatal",
  log_min_error_statement: "panic",
};

export type Cluster = {
  url: string;
  port: number;
  /** Of the postmaster. */
  pid: number;
  /** Null when it was adopted: then it is nobody's child. */
  process: ChildProcess | null;
};

export type StartOptions = {
  /** This port and no other, as its clients know it already; otherwise the last one, or a free one. */
  port: number | null;
  log: (line: string) => void;
  signal: AbortSignal;
};

/** The port it has to come back on is another program's now. */
export class PortTakenError extends PostgresError {}

/**
 * Makes the files if there are none, then starts the server or adopts the one that runs. Settles when it accepts
 * connections and has our database. Throws PostgresError with a sentence and the server's last words.
 */
export async function startCluster(places: Places, options: StartOptions): Promise<Cluster> {
  setCopyAside(places.data, options.log);
  await ensureInitialized(places, options.log, options.signal);
  const password = readPassword(places.data);
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  let portDeadline: number | null = null;
  let port = options.port ?? (await findFreePort(readLastPort(places.data) ?? FIRST_PORT));
  for (let isTold = false; ; await delay(250)) {
    if (options.signal.aborted) throw new PostgresError("Stopped before the database was ready.");
    const adopted = await adopt(places, password, options);
    if (adopted) return adopted;
    const result = await launch(places, port, password, options.signal);
    if (typeof result !== "string") return result;
    const isHeld = /shared memory|lock file .* already exists/i.test(result);
    const isPortTaken = /could not create any TCP\/IP sockets|could not bind/i.test(result);
    if (isPortTaken) portDeadline ??= Date.now() + PORT_TIMEOUT_MS;
    if (portDeadline !== null && isPortTaken && Date.now() > portDeadline)
      throw new PortTakenError(`Port ${port} is taken by another program.`);
    if ((!isHeld && !isPortTaken) || Date.now() > deadline)
      throw new PostgresError(`The database did not start:\n${lastLines(result)}`);
    if (isPortTaken && options.port === null) port = await findFreePort(port + 1);
    if (!isTold) options.log(`waiting for ${isHeld ? "the earlier database server to end" : `port ${port}`}`);
    isTold = true;
  }
}

/** A database that was copied while it was written may be torn, and start all the same: it is not used, nor removed. */
function setCopyAside(data: string, log: (line: string) => void): void {
  const source = findSourceOfCopy(data);
  if (source === null) return;
  const aside = `${data}.copied-${Date.now()}`;
  try {
    renameSync(data, aside);
  } catch (error) {
    // Another start has just done it.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  log(
    `these files were copied from ${source} while its server ran, or after it was killed: they may not be whole. They are kept in ${aside}, and new ones are made`,
  );
}

/** The server that has our files already, once it is ready; null when there is none, or it has ended meanwhile. */
async function adopt(
  places: Places,
  password: string,
  { log, signal }: StartOptions,
): Promise<Cluster | null> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (let isTold = false; !signal.aborted; await delay(100)) {
    const found = findPostmaster(places.data);
    if (!found) return null;
    if (found.isReady) {
      const url = urlOf(password, found.port);
      if (await createDatabase(url).catch(() => false)) {
        log(`found the database running (pid ${found.pid})`);
        return { url, port: found.port, pid: found.pid, process: null };
      }
    }
    if (Date.now() > deadline)
      throw new PostgresError(
        `A database server (pid ${found.pid}) has ${places.data} but does not answer. Stop it with: kill -INT ${found.pid}`,
      );
    if (!isTold) log(`waiting for the database server that has these files (pid ${found.pid})`);
    isTold = true;
  }
  return null;
}

/** The running server, or what it said when it ended instead. */
async function launch(
  { data, programs, account }: Places,
  port: number,
  password: string,
  signal: AbortSignal,
): Promise<Cluster | string> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawnAs(account, path.join(programs, "bin/postgres"), [
    "-D",
    data,
    "-p",
    String(port),
    ...settings,
  ]);
  let said = "";
  let hasEnded = false;
  const listen = (chunk: Buffer) => {
    said = (said + String(chunk)).slice(-8_000);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", listen);
  child.once("error", (error) => {
    said += error.message;
    hasEnded = true;
  });
  child.once("close", () => {
    hasEnded = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (; !hasEnded; await delay(25)) {
    const { pid } = child;
    if (pid !== undefined && findPostmaster(data)?.pid === pid && findPostmaster(data)?.isReady) {
      const url = urlOf(password, port);
      try {
        await createDatabase(url);
      } catch (error) {
        // Whoever cannot use it does not leave it behind.
        await stopCluster({ pid });
        throw error;
      }
      return { url, port, pid, process: child };
    }
    // SIGQUIT: it ends at once and recovers at the next start; what was committed stays.
    if (signal.aborted || Date.now() > deadline) child.kill("SIGQUIT");
  }
  return said || "it ended without a word";
}

const urlOf = (password: string, port: number, database = DATABASE) =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

/** Makes our database unless it is there. True; throws what the server says to it. */
async function createDatabase(url: string): Promise<boolean> {
  const maintenance = url.replace(/\/[^/]*$/, "/postgres");
  const sql = postgres(maintenance, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const rows = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (rows.length === 0) await sql`create database ${sql(DATABASE)}`.catch(ignoreDuplicate);
    return true;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Two supervisors may make it at once: duplicate_database, or unique_violation when it was very close. */
function ignoreDuplicate(error: unknown): void {
  if (error instanceof postgres.PostgresError && ["42P04", "23505"].includes(error.code)) return;
  throw error;
}

/** The first port from `wanted` on that nobody listens on. */
async function findFreePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + PORT_TRIES && port < 65_536; port++)
    if (await isFree(port)) return port;
  throw new PostgresError(`No free port for the database between ${wanted} and ${wanted + PORT_TRIES - 1}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** Fast shutdown (open transactions are rolled back), then the hard way; settles when the process is gone. */
export async function stopCluster({ pid }: Pick<Cluster, "pid">): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGINT", 10_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await delay(50))
      if (!isAlive(pid)) return;
  }
}
