// Who runs here: one start per data folder, and what an earlier one left behind.
import { execFileSync } from "node:child_process";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Since when a process runs, as `ps` writes it; null when it does not. Tells a process from a later one of its number. */
export function startOf(pid: number): string | null {
  const said = ps(pid, "stat=,lstart=");
  // One that has ended and is not waited for (Z) keeps its number, and does nothing any more.
  return said === null || said.startsWith("Z") ? null : said.replace(/^\S+\s+/, "");
}

export type Running = { pid: number; start: string | null };

/** Whether it is still the same process that has this number. */
export function isRunning({ pid, start }: Running): boolean {
  return start !== null && startOf(pid) === start;
}

function ps(pid: number, columns: string): string | null {
  try {
    const said = execFileSync(
      "ps",
      [...columns.split(",").flatMap((column) => ["-o", column]), "-p", String(pid)],
      {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C" },
        stdio: ["ignore", "pipe", "ignore"],
      },
    ).trim();
    return said === "" ? null : said;
  } catch {
    return null;
  }
}

/**
 * Who started a process, two generations up: npm runs scripts through a shell, so when npm is killed it is the shell
 * that changes hands.
 */
export function ancestryOf(pid: number): string {
  const parent = parentOf(pid);
  return `${parent}/${parent === null ? null : parentOf(parent)}`;
}

function parentOf(pid: number): number | null {
  try {
    // pid (command) state ppid …: the command may hold spaces and brackets itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    const said = ps(pid, "ppid=");
    return said === null ? null : Number(said);
  }
}

type Holder = { pid: number; start: string | null; ancestry: string; viaNpm: boolean; url: string | null };

export type Lock = { setUrl(url: string): void; release(): void };

const TAKE_OVER_TIMEOUT_MS = 30_000;

/**
 * Makes this process the one that runs in `dir`. Throws a sentence when another one does. One whose npm was killed
 * is about to end by itself: it is told to, and waited for.
 */
export async function takeLock(dir: string, say: (line: string) => void): Promise<Lock> {
  const file = path.join(dir, "up.lock");
  const own: Holder = {
    pid: process.pid,
    start: startOf(process.pid),
    ancestry: ancestryOf(process.pid),
    viaNpm: isRunByNpm(),
    url: null,
  };
  const deadline = Date.now() + TAKE_OVER_TIMEOUT_MS;
  for (let told = false; ; ) {
    if (createWhole(file, own)) break;
    const holder = readHolder(file);
    if (!holder || !isRunning(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    const isOrphan = holder.viaNpm && ancestryOf(holder.pid) !== holder.ancestry;
    if (!isOrphan || Date.now() > deadline)
      throw new Error(
        `Latchkey is already running here${holder.url ? ` at ${holder.url}` : ""} (pid ${holder.pid}). Stop it with: kill ${holder.pid}`,
      );
    if (!told) {
      told = true;
      say(`An earlier start (pid ${holder.pid}) lost its terminal; stopping it first …`);
      process.kill(holder.pid, "SIGTERM");
    }
    await delay(200);
  }
  return {
    setUrl: (url) => replaceWhole(file, { ...own, url }),
    release: () => rmSync(file, { force: true }),
  };
}

export function isRunByNpm(): boolean {
  return process.env.npm_lifecycle_event !== undefined;
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return null; // written half, by a start that was killed in the middle of it
  }
}

/** Only for us: some of these files hold the database's password. */
const MODE = 0o600;

/** Makes a file that has its whole content from the first moment on; false when there is one already. */
export function createWhole(file: string, content: object): boolean {
  const part = writePart(file, content);
  try {
    linkSync(part, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Replaces a file in one go. Only its owner can read it. */
export function replaceWhole(file: string, content: object): void {
  renameSync(writePart(file, content), file);
}

function writePart(file: string, content: object): string {
  const part = `${file}.${process.pid}.part`;
  // A mode counts only for a file that is made: one left by a killed process keeps its own.
  rmSync(part, { force: true });
  writeFileSync(part, `${JSON.stringify(content, null, 2)}\n`, { mode: MODE });
  return part;
}

type Known = Record<string, Running>;

export type RunningFile = {
  /** Writes what a part says of itself; replaces what it said before. */
  set(part: string, facts: Record<string, unknown> & { pid: number }): void;
  remove(): void;
};

/** `running.json` for tests and tools, and beside it what the next start needs to clean up after us. */
export function openRunningFile(dir: string): RunningFile {
  const file = path.join(dir, "running.json");
  const running: Record<string, Record<string, unknown>> = {};
  const known: Known = {};
  return {
    set(part, facts) {
      running[part] = facts;
      known[part] = { pid: facts.pid, start: startOf(facts.pid) };
      replaceWhole(path.join(dir, "processes.json"), known);
      replaceWhole(file, running);
    },
    remove() {
      rmSync(file, { force: true });
      rmSync(path.join(dir, "processes.json"), { force: true });
    },
  };
}

/**
 * Ends what an earlier start that was killed has left running: they end by themselves, and this is for one that
 * hangs. Postgres is left alone: it is adopted.
 */
export async function endLeftovers(dir: string, say: (line: string) => void): Promise<void> {
  const file = path.join(dir, "processes.json");
  if (!existsSync(file)) return;
  let known: Known;
  try {
    known = JSON.parse(readFileSync(file, "utf8")) as Known;
  } catch {
    return;
  }
  const isThere = (one: Running) => one.pid !== process.pid && isRunning(one);
  const left = Object.entries(known).filter(([part]) => part !== "postgres" && part !== "up");
  for (const deadline = Date.now() + 3_000; Date.now() < deadline && left.some(([, one]) => isThere(one)); )
    await delay(100);
  for (const [part, one] of left)
    if (isThere(one)) {
      say(`Ending what an earlier start left: ${part} (pid ${one.pid})`);
      process.kill(one.pid, "SIGKILL");
    }
  rmSync(file, { force: true });
  rmSync(path.join(dir, "running.json"), { force: true });
}
