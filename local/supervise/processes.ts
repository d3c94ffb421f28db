// Who runs here: one start per data folder, and what an earlier one left behind.
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  adviseOn,
  ancestryOf,
  createWhole,
  hasLostStarter,
  isRunByNpm,
  isRunning,
  markOf,
  mayBeRunning,
  type Running,
  replaceWhole,
  startOf,
} from "../processes.mjs";

type Holder = {
  pid: number;
  start: string | null;
  /** The folder's mark: a lock with another one came with a copy of the other folder. */
  folder: string;
  ancestry: string;
  viaNpm: boolean;
  url: string | null;
};

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
    folder: markOf(dir),
    ancestry: ancestryOf(process.pid),
    viaNpm: isRunByNpm(),
    url: null,
  };
  const deadline = Date.now() + TAKE_OVER_TIMEOUT_MS;
  for (let told = false; ; ) {
    if (createWhole(file, own)) break;
    const holder = readHolder(file);
    if (!holder || holder.folder !== own.folder || !mayBeRunning(holder, file)) {
      rmSync(file, { force: true });
      continue;
    }
    const isOrphan = holder.viaNpm && isRunning(holder) && hasLostStarter(holder.pid, holder.ancestry);
    if (!isOrphan || Date.now() > deadline)
      throw new Error(
        `Latchkey is already running here${holder.url ? ` at ${holder.url}` : ""} (pid ${holder.pid}). Stop it with: kill ${holder.pid}${adviseOn(holder, file)}`,
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

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return null; // written half, by a start that was killed in the middle of it
  }
}

/** What runs, and the mark of the folder that it runs for. */
type Known = { folder: string; processes: Record<string, Running> };

export type RunningFile = {
  /** Writes what a part says of itself; replaces what it said before. */
  set(part: string, facts: Record<string, unknown> & { pid: number }): void;
  remove(): void;
};

/** `running.json` for tests and tools, and beside it what the next start needs to clean up after us. */
export function openRunningFile(dir: string): RunningFile {
  const file = path.join(dir, "running.json");
  const running: Record<string, Record<string, unknown>> = {};
  const known: Known = { folder: markOf(dir), processes: {} };
  return {
    set(part, facts) {
      running[part] = facts;
      known.processes[part] = { pid: facts.pid, start: startOf(facts.pid) };
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
 * hangs. Postgres is left alone: it is adopted. What a copied folder says of the one that it was copied from is
 * forgotten, and nothing of it is ended.
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
  const processes = known.folder === markOf(dir) ? known.processes : {};
  const left = Object.entries(processes).filter(([part]) => part !== "postgres" && part !== "up");
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
