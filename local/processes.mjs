// What can be known of processes, and files that are whole or not there: two starts of one clone agree by them. Plain
// JavaScript: the install needs it as well as the start.
import { linkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { giveToOwner } from "./ownership.mjs";
import { bootedAt, lookUp, nameOf } from "./process-table.mjs";

/** @typedef {{ pid: number, start: string | null }} Running */

/**
 * Since when a process runs, to be noted with its number; null when it does not, or when that cannot be told.
 * @param {number} pid
 * @returns {string | null}
 */
export function startOf(pid) {
  const found = lookUp(pid);
  return found === "gone" ? null : (found?.start ?? null);
}

/**
 * Whether it is certain that the same process still has this number: who ends a process asks this.
 * @param {Running} running
 */
export function isRunning({ pid, start }) {
  return start !== null && startOf(pid) === start;
}

/** Clocks of a process and of a file differ by as much. */
const CLOCK_TOLERANCE_MS = 2_000;

/**
 * Whether the process that a note names may still run: who must not work beside it asks this. False only when it can
 * be told that it does not, so a note may have to be removed by hand where there is neither /proc nor `ps`.
 *
 * Containers that share a clone's folder and not their process numbers are not told of each other: the number means
 * another process there, or none, so the note is taken for one that a killed start left.
 * @param {Running} running
 * @param {string} file the note
 */
export function mayBeRunning({ pid, start }, file) {
  const found = lookUp(pid);
  if (found === "gone") return false;
  if (isComparable(start, found?.start ?? null)) return start === found?.start;
  // Earlier versions noted the start by the reader's clock, or none; and here and there nothing can be told of a
  // process. Who noted it ran before the note was written; one that has started since only has its number.
  const startedAt = found?.startedAt ?? bootedAt();
  return startedAt <= (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) + CLOCK_TOLERANCE_MS;
}

/** Whether both were learnt the same way. @param {string | null} one @param {string | null} other */
function isComparable(one, other) {
  return one !== null && other !== null && one.split(" ")[0] === other.split(" ")[0];
}

/**
 * What helps when a note that stands in the way is of a process that only may be running; empty when it is certain.
 * @param {Running} running
 * @param {string} file the note
 */
export function adviseOn(running, file) {
  if (isRunning(running)) return "";
  const shown = path.relative(process.cwd(), file);
  return ` (if process ${running.pid} is another program, remove ${shown.startsWith("..") ? file : shown})`;
}

/**
 * What tells a folder from every copy of it, wherever it is moved. Who notes in a folder that something runs notes
 * this too: when the folder is copied the note comes along, and what it names is the other folder's.
 * @param {string} folder
 * @returns {string}
 */
export function markOf(folder) {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

/** What npm runs a script through (its script-shell). */
const SHELL = /^-?(?:ba|da|a|k|z)?sh$|^busybox$/;

/**
 * Who started a process, up to npm. npm runs scripts through a shell, so when npm is killed it is the shell that changes
 * hands; but some shells (bash as /bin/sh) become the one command they were given, and npm is the parent. Whoever is
 * above npm may go as they like: it was perhaps started by `nohup`.
 * @param {number} pid
 */
export function ancestryOf(pid) {
  const parent = parentOf(pid);
  if (parent === null || !SHELL.test(nameOf(parent) ?? "")) return `${parent}`;
  return `${parent}/${parentOf(parent)}`;
}

/** @param {number} pid @returns {number | null} */
function parentOf(pid) {
  const found = lookUp(pid);
  return found === "gone" ? null : (found?.parent ?? null);
}

/**
 * Whether others than before are a process's ancestors: those who started it are gone. What cannot be told has not
 * changed.
 * @param {number} pid
 * @param {string} ancestry as it was
 */
export function hasLostStarter(pid, ancestry) {
  const before = ancestry.split("/");
  const isKnown = (/** @type {string | undefined} */ one) => one !== undefined && one !== "null";
  return ancestryOf(pid)
    .split("/")
    .some((now, index) => isKnown(now) && isKnown(before[index]) && now !== before[index]);
}

export function isRunByNpm() {
  return process.env.npm_lifecycle_event !== undefined;
}

/**
 * Calls `onGone` when npm, which started us, is killed: nobody tells us, but then those who started us have changed.
 * Without npm it does nothing. Answers how to stop watching.
 * @param {() => void} onGone
 * @returns {() => void}
 */
export function watchNpm(onGone) {
  if (!isRunByNpm()) return () => {};
  const ancestry = ancestryOf(process.pid);
  const timer = setInterval(() => hasLostStarter(process.pid, ancestry) && onGone(), 1_000).unref();
  return () => clearInterval(timer);
}

/** Only for us: some of these files hold the database's password. */
const MODE = 0o600;

/**
 * Makes a file that has its whole content from the first moment on; false when there is one already.
 * @param {string} file
 * @param {object} content
 */
export function createWhole(file, content) {
  const part = writePart(file, content);
  try {
    linkSync(part, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

/**
 * Replaces a file in one go. Only its owner can read it.
 * @param {string} file
 * @param {object} content
 */
export function replaceWhole(file, content) {
  renameSync(writePart(file, content), file);
}

/** @param {string} file @param {object} content */
function writePart(file, content) {
  const part = `${file}.${process.pid}.part`;
  // A mode counts only for a file that is made: one left by a killed process keeps its own.
  rmSync(part, { force: true });
  writeFileSync(part, `${JSON.stringify(content, null, 2)}\n`, { mode: MODE });
  giveToOwner(part);
  return part;
}
