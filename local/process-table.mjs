// What the system says of a process: by /proc where it is there, otherwise by `ps`. Neither is everywhere: macOS has no
// /proc, and images such as node:20-slim have no `ps`. Plain JavaScript: the install needs it as well as the start.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

/**
 * `start` tells a process from every later one of its number, after a reboot too, and begins with the word for how it
 * was learnt; null when it was not. `startedAt`: the same by today's clock, in milliseconds, which whoever sets the
 * clock moves.
 * @typedef {{ parent: number, start: string | null, startedAt: number }} Entry
 */

/** Linux says starts in hundredths of a second, whatever its own clock ticks at (USER_HZ, of all that Node runs on). */
const TICK_MS = 10;

/**
 * The process that has this number now: "gone" when none has, null when one has and nothing more can be told.
 * @param {number} pid
 * @returns {Entry | "gone" | null}
 */
export function lookUp(pid) {
  if (!isTaken(pid)) return "gone";
  return readProc(pid) ?? readPs(pid);
}

/** When this machine was started, by today's clock. */
export const bootedAt = () => Date.now() - os.uptime() * 1000;

/** @param {number} pid */
function isTaken(pid) {
  // 0 and below are groups.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's (EPERM) is there.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** @param {string} file */
function readOrNull(file) {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}

/** One that has ended and is not waited for (Z) keeps its number, and does nothing any more. @param {string} state */
const hasEnded = (state) => /^[ZX]/.test(state);

/** @param {number} pid @returns {Entry | "gone" | null} */
export function readProc(pid) {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // pid (command) state ppid … starttime, the 22nd (proc_pid_stat(5)): the command may hold spaces and brackets itself.
  const [state = "", parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (hasEnded(state)) return "gone";
  const ticks = rest[22 - 5];
  // Ticks are counted from the boot, and a note outlives it.
  const boot = readOrNull("/proc/sys/kernel/random/boot_id");
  return {
    parent: Number(parent),
    start: boot === null ? null : `boot ${boot} ${ticks}`,
    startedAt: bootedAt() + Number(ticks) * TICK_MS,
  };
}

/** The name of a process's program, without its folder; null where it cannot be told. @param {number} pid */
export function nameOf(pid) {
  return readOrNull(`/proc/${pid}/comm`) ?? askPs(["comm="], pid)?.split("/").at(-1) ?? null;
}

/** What `ps` says in these columns; null where it says nothing. @param {string[]} columns @param {number} pid */
function askPs(columns, pid) {
  try {
    const said = execFileSync("ps", [...columns.flatMap((column) => ["-o", column]), "-p", String(pid)], {
      encoding: "utf8",
      // It writes a start in the reader's language and zone: two starts of a clone may differ in both.
      env: { ...process.env, LC_ALL: "C", TZ: "UTC0" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return said.trim();
  } catch {
    return null;
  }
}

/** @param {number} pid @returns {Entry | "gone" | null} */
export function readPs(pid) {
  const said = askPs(["stat=", "ppid=", "lstart="], pid) ?? "";
  const [, state = "", parent, start] = /^(\S+)\s+(\d+)\s+(\S.*)$/.exec(said) ?? [];
  const startedAt = Date.parse(`${start} UTC`);
  if (Number.isNaN(startedAt)) return null;
  return hasEnded(state) ? "gone" : { parent: Number(parent), start: `utc ${start}`, startedAt };
}
