// Two starts of one clone: the second is told of the first, whatever its environment, and never of one that is gone.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readProc, readPs } from "../../../local/process-table.mjs";
import { markOf, startOf } from "../../../local/processes.mjs";
import { takeLock } from "../../../local/supervise/processes";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const HOUR_MS = 60 * 60 * 1000;
const silent = () => {};
const children: ChildProcess[] = [];
let root = "";
let lock = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "latchkey-second-"));
  mkdirSync(path.join(root, "empty"));
  lock = path.join(root, "up.lock");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) await kill(child);
  rmSync(root, { recursive: true, force: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function start(
  env: Record<string, string>,
): Promise<{ child: ChildProcess; pid: number; said: string }> {
  const program = path.join(import.meta.dirname, "support/take-lock.ts");
  const child = spawn(process.execPath, ["--import", "tsx", program, root], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [said] = await once(child.stdout, "data");
  return { child, pid: child.pid ?? 0, said: String(said).trim() };
}

/** A program that has nothing to do with any start. */
function startOther(): number {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  children.push(child);
  return child.pid ?? 0;
}

const isLinux = process.platform === "linux";
const ELSEWHERE = { LC_ALL: "de_DE.UTF-8", TZ: "Asia/Tokyo" };

test.each<[string, () => Record<string, string>, () => Record<string, string>]>([
  ["in another time zone", () => ({ TZ: "UTC" }), () => ELSEWHERE],
  // Without `ps` and without /proc only that something has the number is known, which is enough for this.
  ["without ps", () => ({ PATH: path.join(root, "empty") }), () => ({ PATH: path.join(root, "empty") })],
  ["without ps, which the first had", () => ({}), () => ({ PATH: path.join(root, "empty") })],
  ["with ps, which the first had not", () => ({ PATH: path.join(root, "empty") }), () => ({})],
])("a second start %s is told of the first, and leaves its lock alone", async (_, first, second) => {
  const running = await start(first());
  expect(running.said).toBe("taken");
  const note = readFileSync(lock, "utf8");
  const other = await start(second());
  expect(other.said).toContain(`Latchkey is already running here (pid ${running.pid})`);
  if (isLinux) expect(other.said).not.toContain("remove");
  expect(readFileSync(lock, "utf8")).toBe(note);

  await kill(running.child);
  expect((await start(second())).said, "the first was killed").toBe("taken");
});

type Holder = { pid: number; start: string | null };
const note = (holder: Holder, writtenAt: number): void => {
  const { pid, start } = holder;
  writeFileSync(
    lock,
    JSON.stringify({ pid, start, folder: markOf(root), ancestry: "1/1", viaNpm: false, url: null }),
  );
  utimesSync(lock, writtenAt / 1000, writtenAt / 1000);
};

test("a lock whose number another program has now does not stop a start", async () => {
  const pid = startOther();
  note({ pid, start: startOf(process.pid) }, Date.now());
  (await takeLock(root, silent)).release();
});

test.runIf(isLinux)(
  "a lock from before a reboot does not stop a start, also with the same ticks",
  async () => {
    const pid = startOther();
    const ticks = startOf(pid)?.split(" ")[2];
    note({ pid, start: `boot 00000000-0000-4000-8000-000000000000 ${ticks}` }, Date.now());
    (await takeLock(root, silent)).release();
  },
);

// Earlier versions noted what `ps` said in the zone of their environment; without `ps`, null.
test.each(["Fri Aug  7 16:12:11 2026", null])(
  "a lock of an earlier version (%s) stops a start while that one may run, and not once its number is another program's",
  async (start) => {
    const pid = startOther();
    note({ pid, start }, Date.now() - HOUR_MS);
    (await takeLock(root, silent)).release();

    note({ pid, start }, Date.now());
    await expect(takeLock(root, silent)).rejects.toThrow(
      `Stop it with: kill ${pid} (if process ${pid} is another program, remove ${lock})`,
    );

    for (const child of children) await kill(child);
    (await takeLock(root, silent)).release();
  },
);

test("one whose starter only may be gone is not ended", async () => {
  const pid = startOther();
  writeFileSync(
    lock,
    JSON.stringify({ pid, start: null, folder: markOf(root), ancestry: "1/1", viaNpm: true, url: null }),
  );
  await expect(takeLock(root, silent)).rejects.toThrow("already running here");
  expect(() => process.kill(pid, 0)).not.toThrow();
});

function hasPs(): boolean {
  try {
    execFileSync("ps", ["-o", "lstart=", "-p", String(process.pid)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.runIf(hasPs())("ps says a start in every zone and language the same, and as /proc does", () => {
  const entries = [{}, ELSEWHERE, { TZ: "America/St_Johns" }].map((env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    return readPs(process.pid);
  });
  const [first] = entries;
  if (!first || first === "gone") throw new Error("ps does not know this process");
  expect(first).toMatchObject({ parent: process.ppid, start: expect.stringMatching(/^utc \w{3} /) });
  expect(entries).toEqual([first, first, first]);
  expect(Math.abs(first.startedAt - (Date.now() - process.uptime() * 1000))).toBeLessThan(3_000);
  const seen = readProc(process.pid);
  if (seen && seen !== "gone") {
    expect(seen.parent).toBe(first.parent);
    expect(Math.abs(seen.startedAt - first.startedAt)).toBeLessThan(3_000);
  }
});
