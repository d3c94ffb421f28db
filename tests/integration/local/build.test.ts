// The build as a process: it ends with whoever asked for it, and what a killed start left is cleaned up. The program
// that builds stands in for Next here (which takes a minute): what is tested is who ends it, and when.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ensureBuilt } from "../../../local/supervise/build";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const PATIENT = { timeout: 20_000, interval: 50 };
let root = "";
const starters: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "latchkey-build-"));
});
afterEach(() => {
  for (const starter of starters.splice(0)) starter.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

/** Puts a program where Next's is; it writes its pid and takes Next's mark before it does `what`. */
function writeNext(what: string): void {
  const folder = path.join(root, "node_modules/next/dist/bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, "next"),
    `const { mkdirSync, writeFileSync } = require("node:fs");
     mkdirSync(".next", { recursive: true });
     writeFileSync(".next/lock", "");
     writeFileSync("pid", String(process.pid));
     ${what}`,
  );
}

const HANGS = "setInterval(() => {}, 1000);";
const HEARS_NOTHING = "process.on('SIGTERM', () => {}); for (;;);";
const ENDS_WELL = "writeFileSync('.next/BUILD_ID', 'one');";

async function startAndWaitForBuild(
  env: Record<string, string> = {},
): Promise<{ starter: ChildProcess; pid: number }> {
  const starter = spawn(
    process.execPath,
    ["--import", "tsx", path.join(import.meta.dirname, "support/run-build.ts"), root],
    { cwd: ROOT, env: { ...process.env, ...env }, stdio: "ignore" },
  );
  starters.push(starter);
  await vi.waitFor(() => expect(readLockOrNull()?.build?.pid).toBeGreaterThan(0), PATIENT);
  await vi.waitFor(() => expect(existsSync(path.join(root, "pid"))).toBe(true), PATIENT);
  return { starter, pid: Number(readFileSync(path.join(root, "pid"), "utf8")) };
}

function readLockOrNull(): { build: { pid: number } | null } | null {
  const file = path.join(root, ".latchkey/build.lock");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

async function kill(starter: ChildProcess): Promise<void> {
  starter.kill("SIGKILL");
  await once(starter, "exit");
}

function isAlive(pid: number): boolean {
  try {
    // One that has ended keeps its number until it is waited for, which is the machine's business.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function build(said: string[] = [], signal?: AbortSignal): Promise<boolean> {
  const say = (line: string) => {
    said.push(line);
  };
  return ensureBuilt({ root, env: process.env, say, output: () => {}, ...(signal ? { signal } : {}) });
}

test("a build ends when its starter is killed, and the next start builds anew", async () => {
  writeNext(HANGS);
  const { starter, pid } = await startAndWaitForBuild();
  await kill(starter);
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENT);

  writeNext(ENDS_WELL);
  expect(await build()).toBe(true);
  expect(await build(), "nothing has changed since").toBe(false);
});

test("a build that hangs after its starter was killed is ended by the next start", async () => {
  writeNext(HEARS_NOTHING);
  const { starter, pid } = await startAndWaitForBuild();
  await kill(starter);
  expect(isAlive(pid)).toBe(true);

  writeNext(ENDS_WELL);
  const said: string[] = [];
  expect(await build(said)).toBe(true);
  expect(isAlive(pid)).toBe(false);
  expect(said[0]).toContain(`a build that an earlier start left (pid ${pid})`);
});

test("a start that is stopped ends its build, also one that does not hear", async () => {
  for (const what of [HANGS, HEARS_NOTHING]) {
    writeNext(what);
    rmSync(path.join(root, "pid"), { force: true });
    const stopped = new AbortController();
    const building = build([], stopped.signal);
    building.catch(() => {});
    await vi.waitFor(() => expect(existsSync(path.join(root, "pid"))).toBe(true), PATIENT);
    const pid = Number(readFileSync(path.join(root, "pid"), "utf8"));
    stopped.abort(new Error("stopped"));
    await expect(building).rejects.toThrow("stopped");
    expect(isAlive(pid)).toBe(false);
    expect(readLockOrNull()).toBe(null);
  }
});

test.each<[string, () => Record<string, string>]>([
  ["", () => ({})],
  [", which has no ps and another time zone,", () => ({ PATH: root, TZ: "Asia/Tokyo" })],
])("a second start waits for the build of the first%s and has nothing left to do", async (_, env) => {
  writeNext(`while (!require("node:fs").existsSync("go")); ${ENDS_WELL}`);
  await startAndWaitForBuild(env());
  const said: string[] = [];
  const second = build(said);
  await vi.waitFor(() => expect(said).toContain("waiting for another build of this clone …"), PATIENT);
  writeFileSync(path.join(root, "go"), "");
  expect(await second).toBe(false);
});

test("a build that fails says so, and leaves no lock", async () => {
  writeNext("console.error('no such module'); process.exit(3);");
  await expect(build()).rejects.toThrow("The build failed (exit 3)");
  expect(readLockOrNull()).toBe(null);
});
