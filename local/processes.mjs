// What can be known of processes, and files that are whole or not there: two starts of one clone agree by them. Plain
// JavaScript: the install needs it as well as the start.
import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { giveToOwner } from "./ownership.mjs";

/** @typedef {{ pid: number, start: string | null }} Running */

/**
 * Since when a process runs, as `ps` writes it; null when it does not. Tells a process from a later one of its number.
 * @param {number} pid
 * @returns {string | null}
 */
export function startOf(pid) {
  const said = ps(pid, "stat=,lstart=");
  // One that has ended and is not waited for (Z) keeps its number, and does nothing any more.
  return said === null || said.startsWith("Z") ? null : said.replace(/^\S+\s+/, "");
}

/**
 * Whether it is still the same process that has this number.
 * @param {Running} running
 */
export function isRunning({ pid, start }) {
  return start !== null && startOf(pid) === start;
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

/** @param {number} pid @param {string} columns */
function ps(pid, columns) {
  try {
    const said = execFileSync(
      "ps",
      [...columns.split(",").flatMap((column) => ["-o", column]), "-p", String(pid)],
      { encoding: "utf8", env: { ...process.env, LC_ALL: "C" }, stdio: ["ignore", "pipe", "ignore"] },
    ).trim();
    return said === "" ? null : said;
  } catch {
    return null;
  }
}

/**
 * Who started a process, two generations up: npm runs scripts through a shell, so when npm is killed it is the shell
 * that changes hands.
 * @param {number} pid
 */
export function ancestryOf(pid) {
  const parent = parentOf(pid);
  return `${parent}/${parent === null ? null : parentOf(parent)}`;
}

/** @param {number} pid @returns {number | null} */
function parentOf(pid) {
  try {
    // pid (command) state ppid …: the command may hold spaces and brackets itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    const said = ps(pid, "ppid=");
    return said === null ? null : Number(said);
  }
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
  const timer = setInterval(() => ancestryOf(process.pid) !== ancestry && onGone(), 1_000).unref();
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
