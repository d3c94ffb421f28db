// A folder that was copied while its product ran: what it says of that one is not believed, and nothing of it is
// adopted, waited for or ended.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { listHomes } from "../../../local/postgres/places";
import { createWhole, isRunning, markOf, startOf } from "../../../local/processes.mjs";
import { lockBuild } from "../../../local/supervise/build-lock";
import { endLeftovers, openRunningFile, takeLock } from "../../../local/supervise/processes";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function makeFolder(parent: string): string {
  const folder = mkdtempSync(path.join(parent, "latchkey-copied-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function copyOf(folder: string): string {
  const copy = `${folder}-copy`;
  ends.push(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

/** A part of the product, as far as `processes.json` knows. */
function startPart(): { pid: number; start: string | null } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  ends.push(() => end(child, "SIGKILL"));
  const pid = child.pid ?? 0;
  return { pid, start: startOf(pid) };
}

const silent = () => {};

test("its product starts beside the other one, while a second start of the same folder is told of the first", async () => {
  const folder = makeFolder(tmpdir());
  const lock = await takeLock(folder, silent);
  ends.push(() => lock.release());
  await expect(takeLock(folder, silent)).rejects.toThrow(`already running here (pid ${process.pid})`);

  const copy = copyOf(folder);
  const other = await takeLock(copy, silent);
  other.release();
  expect(existsSync(path.join(folder, "up.lock"))).toBe(true);
});

test("parts of the other one are not ended as what an earlier start left", async () => {
  const folder = makeFolder(tmpdir());
  const part = startPart();
  openRunningFile(folder).set("mail", { url: "http://127.0.0.1:1", pid: part.pid });
  const copy = copyOf(folder);
  const said: string[] = [];
  await endLeftovers(copy, (line) => void said.push(line));
  expect(said).toEqual([]);
  expect(isRunning(part)).toBe(true);
  expect(existsSync(path.join(copy, "running.json"))).toBe(false);

  // The folder itself knows its own.
  await endLeftovers(folder, (line) => void said.push(line));
  expect(said).toEqual([`Ending what an earlier start left: mail (pid ${part.pid})`]);
});

test("a build of the other one is neither waited for nor ended", async () => {
  const folder = makeFolder(tmpdir());
  const [starter, build] = [startPart(), startPart()];
  const lock = path.join(folder, ".latchkey");
  (await lockBuild(folder, silent)).release();
  expect(createWhole(path.join(lock, "build.lock"), { ...starter, folder: markOf(lock), build })).toBe(true);
  const copy = copyOf(folder);
  const said: string[] = [];
  (await lockBuild(copy, (line) => void said.push(line))).release();
  expect(said).toEqual([]);
  expect([isRunning(starter), isRunning(build)]).toEqual([true, true]);
});

type Ready = { url: string; pid: number };

async function startPostgres(dir: string): Promise<Ready & { child: ChildProcess; said: () => string }> {
  const child = spawn(process.execPath, ["local/run.mjs", "postgres", "--dir", dir], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  ends.push(() => end(child, "SIGTERM"));
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      said += chunk;
    });
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Ready));
    child.once("exit", () => reject(new Error(said)));
  });
  return { ...ready, child, said: () => said };
}

async function countTables(url: string): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: silent });
  try {
    return (await sql`select 1 from pg_tables where tablename = 'kept'`).length;
  } finally {
    await sql.end();
  }
}

test.each([
  ["inside of the folder", 0o755],
  // For root this is where Postgres, another user, cannot get in; anybody else's stays inside.
  ["elsewhere, where Postgres cannot get into the folder", 0o700],
])(
  "its database is a new one, with files %s, and the other one's goes on",
  async (_, mode) => {
    const folder = makeFolder("/var/tmp");
    chmodSync(folder, mode);
    const first = await startPostgres(folder);
    const sql = postgres(first.url, { max: 1, onnotice: silent });
    await sql`create table kept (n integer)`;
    await sql.end();

    const copy = copyOf(folder);
    chmodSync(copy, mode);
    for (const place of [folder, copy]) ends.push(() => removeHomes(place));
    const second = await startPostgres(copy);
    expect(second.pid).not.toBe(first.pid);
    expect(second.url).not.toBe(first.url);
    expect(await countTables(second.url)).toBe(0);
    // Kept for whoever knows that nothing was written meanwhile.
    const isInside = existsSync(path.join(folder, "postgres"));
    const kept = readdirSync(copy).filter((name) => name.startsWith("postgres.copied-"));
    expect(kept).toHaveLength(isInside ? 1 : 0);
    if (isInside) expect(second.said()).toContain(`copied from ${folder}`);

    // Each stops its own server, and the other one's alone.
    await end(second.child, "SIGTERM");
    expect(() => process.kill(second.pid, 0)).toThrow("ESRCH");
    expect(await countTables(first.url)).toBe(1);
    // Two databases are made from nothing.
  },
  180_000,
);

function removeHomes(dir: string): void {
  for (const home of listHomes(dir)) rmSync(home, { recursive: true, force: true });
}
