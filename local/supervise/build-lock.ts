// One build at a time in one clone, whoever asks for it: two would write into the same folder. A build whose starter
// was killed is ended before the next one begins.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeFolder } from "../ownership.mjs";
import {
  adviseOn,
  createWhole,
  isRunning,
  markOf,
  mayBeRunning,
  type Running,
  replaceWhole,
  startOf,
} from "../processes.mjs";

/** `folder`: the mark of the clone's own; a lock with another one came with a copy of that clone. */
type Holder = Running & { folder: string; build: Running | null };

export type BuildLock = {
  /** Notes the process that builds, for whoever comes after a kill -9 of this one. */
  setBuild(pid: number): void;
  release(): void;
};

/** It ends by itself when its starter is gone; this is for one that hangs. */
const LEFTOVER_TIMEOUT_MS = 3_000;
const LOOK_EVERY_MS = 250;

/** Settles when this process may build. Throws the signal's reason when it is stopped before. */
export async function lockBuild(
  root: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<BuildLock> {
  const folder = path.join(root, ".latchkey");
  const lock = path.join(folder, "build.lock");
  makeFolder(folder);
  const own: Holder = { pid: process.pid, start: startOf(process.pid), folder: markOf(folder), build: null };
  for (let isTold = false; !createWhole(lock, own); ) {
    signal?.throwIfAborted();
    const content = readOrNull(lock);
    if (content === null) continue;
    const found = parseHolder(content);
    const holder = found?.folder === own.folder ? found : null;
    if (holder && mayBeRunning(holder, lock)) {
      if (!isTold) say(`waiting for another build of this clone …${adviseOn(holder, lock)}`);
      isTold = true;
      await delay(LOOK_EVERY_MS);
      continue;
    }
    if (holder?.build) await endLeftover(root, holder.build, say);
    // Somebody else may have cleaned up, and build now.
    if (readOrNull(lock) === content) rmSync(lock, { force: true });
  }
  return {
    setBuild: (pid) => replaceWhole(lock, { ...own, build: { pid, start: startOf(pid) } }),
    release: () => rmSync(lock, { force: true }),
  };
}

async function endLeftover(root: string, build: Running, say: (line: string) => void): Promise<void> {
  if (isRunning(build)) say(`waiting for a build that an earlier start left (pid ${build.pid}) …`);
  for (const deadline = Date.now() + LEFTOVER_TIMEOUT_MS; isRunning(build); await delay(LOOK_EVERY_MS))
    if (Date.now() > deadline) killIfThere(build.pid);
  // Next's own mark; the operating system lets go of it, and the file stays.
  rmSync(path.join(root, ".next", "lock"), { force: true });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function parseHolder(content: string): Holder | null {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return null;
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null; // released just now
  }
}
