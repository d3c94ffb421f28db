// What processes cost: processor time and resident memory, from /proc. Linux only; elsewhere NaN, which the table shows.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Processor seconds of a process and of those below it, ended ones included. */
export function readCpuSeconds(pid: number): number {
  const ticks = [pid, ...childrenOf(pid)].map((each) => {
    // Behind the name, which may hold anything: state is field 3, utime 14, stime 15, cutime 16, cstime 17 (proc(5)).
    const fields = readOrEmpty(`/proc/${each}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? Number.NaN), 0);
  });
  // A process that ended between two looks is its parent's by now.
  return ticks.filter(Number.isFinite).reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

/** Resident megabytes (10^6 bytes) of one process. */
export function readResidentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1];
  return kib === undefined ? Number.NaN : (Number(kib) * 1024) / 1e6;
}

function childrenOf(pid: number): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [child = Number.NaN, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid ? [child] : [];
  });
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
