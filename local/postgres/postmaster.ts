// What is known of the server process of a data directory.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

export type Postmaster = { pid: number; port: number; isReady: boolean };

/**
 * The server that has this data directory; null when there is none. A file that a killed one left is removed: its
 * number may have been given to another program since, and then Postgres would refuse to start for ever.
 */
export function findPostmaster(data: string): Postmaster | null {
  const file = path.join(data, "postmaster.pid");
  // Lines: pid, data directory, start time, port, socket folder, address, shared memory, status
  // (postgresql.org/docs/18/storage-file-layout.html).
  const lines = readOrEmpty(file).split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (!isAlive(pid) || !commandOf(pid).includes(` -D ${data} `)) {
    rmSync(file, { force: true });
    return null;
  }
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === "ready" };
}

/**
 * The folder that this one was copied from while a server worked in it, or had been killed in it: such a copy is not
 * whole. Null for files of our own, also after they were moved as a whole.
 */
export function findSourceOfCopy(data: string): string | null {
  const source = readOrEmpty(path.join(data, "postmaster.pid")).split("\n")[1] ?? "";
  return path.isAbsolute(source) && source !== data && existsSync(source) ? source : null;
}

/** The port that the server of this data directory had last; null when it never ran. */
export function readLastPort(data: string): number | null {
  const port = /"-p" "(\d+)"/.exec(readOrEmpty(path.join(data, "postmaster.opts")))?.[1];
  return port ? Number(port) : null;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The command line of a process, with blanks between; empty when it is gone. */
export function commandOf(pid: number): string {
  if (process.platform === "linux") return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
  try {
    return `${execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim()} `;
  } catch {
    return "";
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
