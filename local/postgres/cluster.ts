// One data directory and the server that owns it: made once, started, or adopted when an earlier parent was killed.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { type Account, isReachable, locatePrograms, sharedFolder } from "./binaries";

const USER = "latchkey";
const DATABASE = "latchkey";
const FIRST_PORT = 54320;
const START_TIMEOUT_MS = 60_000;
/** An orphan that is shutting down, or a killed one whose shared memory is still held, is waited for this long. */
const PREDECESSOR_TIMEOUT_MS = 20_000;

export type Cluster = {
  url: string;
  port: number;
  pid: number;
  adopted: boolean;
  process: ChildProcess | null;
};
type Access = { password: string; port: number };
type Places = { data: string; access: string; programs: string; account: Account };

/** A sentence for the person who started us; no stack is needed. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
}

/** Starts or adopts the server of `dir`/postgres. Settles when it accepts connections and has our database. */
export async function startCluster(
  dir: string,
  account: Account,
  log: (line: string) => void,
): Promise<Cluster> {
  const places = choosePlaces(dir, account);
  const access = readAccess(places);
  if (!existsSync(path.join(places.data, "PG_VERSION"))) {
    log("making the database's files");
    initialize(places, access.password);
  }
  return (await adopt(places, access, log)) ?? (await start(places, access, log));
}

function choosePlaces(dir: string, account: Account): Places {
  mkdirSync(dir, { recursive: true });
  const home = isReachable(dir, account) ? dir : sharedFolder(dir, account);
  const programs = locatePrograms(dir, account);
  return { data: path.join(home, "postgres"), access: path.join(dir, "postgres.json"), programs, account };
}

/** The password, made once, and the port it had last. Readable by us alone. */
function readAccess({ access }: Places): Access {
  if (existsSync(access)) {
    const { password, port } = JSON.parse(readFileSync(access, "utf8")) as Partial<Access>;
    if (password) return { password, port: port ?? FIRST_PORT };
  }
  const fresh = { password: randomBytes(24).toString("base64url"), port: FIRST_PORT };
  writeAccess(access, fresh);
  return fresh;
}

function writeAccess(file: string, access: Access): void {
  writeFileSync(`${file}.part`, JSON.stringify(access), { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

function initialize({ data, programs, account }: Places, password: string): void {
  // Made beside and moved into place, so that an interrupted initdb is not mistaken for a database.
  const part = `${data}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const owned of [part, passwordFile]) chownSync(owned, account.uid, account.gid);
  try {
    execFileSync(
      path.join(programs, "bin/initdb"),
      [
        "-D",
        part,
        "-U",
        USER,
        "-A",
        "scram-sha-256",
        `--pwfile=${passwordFile}`,
        "--encoding=UTF8",
        "--locale=C",
      ],
      { ...identity(account), cwd: "/", stdio: ["ignore", "ignore", "pipe"], timeout: 120_000 },
    );
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    const said =
      error instanceof Error && "stderr" in error
        ? String(error.stderr).trim().split("\n").slice(-4).join("\n")
        : String(error);
    throw new PostgresError(`The database's files could not be made:\n${said}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(part, data);
}

function identity(account: Account): { uid?: number; gid?: number; env: NodeJS.ProcessEnv } {
  const env = {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    LC_ALL: "C",
    TZ: "UTC",
    NODE_ENV: "production" as const,
  };
  return account ? { uid: account.uid, gid: account.gid, env } : { env };
}

/** What postmaster.pid tells of the server that has, or had, this data directory. */
function readPostmaster(data: string): { pid: number; port: number } | null {
  try {
    const [pid, , , port] = readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(pid) > 0 ? { pid: Number(pid), port: Number(port) } : null;
  } catch {
    return null;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The command line of a process; empty when it is gone. A number alone may belong to another program by now. */
function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return readFileOrEmpty(`/proc/${pid}/cmdline`);
  }
}

function readFileOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The server of an earlier parent, if it lives and answers to our password; null once there is none. */
async function adopt(places: Places, access: Access, log: (line: string) => void): Promise<Cluster | null> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  for (;;) {
    const found = readPostmaster(places.data);
    if (!found || !isAlive(found.pid) || !commandOf(found.pid).includes(places.data)) return null;
    const url = urlOf(access.password, found.port);
    if ((await dataDirectoryOf(url)) === places.data) {
      log(`found the database still running (pid ${found.pid}) and took it over`);
      await createDatabase(url);
      writeAccess(places.access, { ...access, port: found.port });
      return { url, port: found.port, pid: found.pid, adopted: true, process: null };
    }
    // Starting or shutting down.
    if (Date.now() > deadline) return null;
    await delay(200);
  }
}

async function start(places: Places, access: Access, log: (line: string) => void): Promise<Cluster> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  let port = await freePort(access.port);
  for (;;) {
    const child = spawnServer(places, port);
    const url = urlOf(access.password, port);
    const said = await waitUntilReady(child, url);
    if (said === null && child.pid !== undefined) {
      await createDatabase(url);
      writeAccess(places.access, { ...access, port });
      return { url, port, pid: child.pid, adopted: false, process: child };
    }
    const isHeld = /shared memory block|already running|lock file .* already exists/i.test(said ?? "");
    const isPortTaken = /could not create any TCP\/IP sockets|Address already in use/i.test(said ?? "");
    if (!(isHeld || isPortTaken) || Date.now() > deadline)
      throw new PostgresError(
        `Postgres did not start:\n${(said ?? "").trim().split("\n").slice(-6).join("\n")}`,
      );
    if (isPortTaken) port = await freePort(port + 1);
    else log("waiting for the earlier database server to end");
    await delay(500);
  }
}

function spawnServer({ data, programs, account }: Places, port: number): ChildProcess {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    shared_buffers: "64MB",
    // A statement in the log would show addresses: only what stops the server is said.
    log_min_messages: "fatal",
    log_min_error_statement: "panic",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  chmodSync(data, 0o700);
  return spawn(path.join(programs, "bin/postgres"), ["-D", data, "-p", String(port), ...options], {
    ...identity(account),
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** Null when the server answers; what it said when it ended instead. */
async function waitUntilReady(child: ChildProcess, url: string): Promise<string | null> {
  let said = "";
  let ended = false;
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-8_000);
  });
  child.once("error", (error) => {
    said += error.message;
    ended = true;
  });
  child.once("exit", () => {
    ended = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!ended) {
    if ((await dataDirectoryOf(url)) !== null) return null;
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      return `${said}\nit did not answer for ${START_TIMEOUT_MS / 1000} s`;
    }
    await delay(50);
  }
  await delay(50); // its last words
  return said || "it ended without a word";
}

const urlOf = (password: string, port: number, database = DATABASE) =>
  `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;

const maintenance = (url: string) => url.replace(/\/[^/]*$/, "/postgres");

/** The data directory of the server at `url`; null when it does not (yet) answer, or not to us. */
async function dataDirectoryOf(url: string): Promise<string | null> {
  const sql = postgres(maintenance(url), { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
    return row?.data_directory ?? null;
  } catch {
    return null;
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {});
  }
}

async function createDatabase(url: string): Promise<void> {
  const sql = postgres(maintenance(url), { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const rows = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (rows.length === 0) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The first port from `wanted` on that nobody listens on. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 200 && port < 65_536; port++) if (await isFree(port)) return port;
  throw new PostgresError(`No free port for the database between ${wanted} and ${wanted + 199}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** Fast shutdown (open transactions are rolled back), then the hard way; settles when the process is gone. */
export async function stopCluster(cluster: Pick<Cluster, "pid">): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGINT", 10_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(cluster.pid, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await delay(50))
      if (!isAlive(cluster.pid)) return;
  }
}
