// The install before the first start: what it says, and that it ends when it is told to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const INSTALL = pathToFileURL(path.resolve(import.meta.dirname, "../../../local/install.mjs")).href;
const PATIENT = { timeout: 25_000, interval: 50 };
let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "latchkey-install-"));
  mkdirSync(path.join(root, "node_modules"));
  writeFileSync(path.join(root, "package-lock.json"), "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the install with a program in npm's place. */
function install(
  npm: string,
  env: Record<string, string> = {},
): { child: ReturnType<typeof spawn>; output: () => string } {
  writeFileSync(path.join(root, "npm"), `#!${process.execPath}\n${npm}`);
  chmodSync(path.join(root, "npm"), 0o755);
  const program = `import { ensureInstalled } from ${JSON.stringify(INSTALL)};
    await ensureInstalled(process.argv[1]).catch((error) => { console.error(error.message); process.exit(1); });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, root], {
    env: { ...process.env, PATH: `${root}${path.delimiter}${process.env.PATH}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  return { child, output: () => output };
}

test("an install says how long it has taken so far, and when it is stopped npm does not go on", async () => {
  const { child, output } = install(`
    require("node:fs").writeFileSync(${JSON.stringify(path.join(root, "pid"))}, String(process.pid));
    process.on("SIGTERM", () => {});
    setInterval(() => {}, 1000);`);
  await vi.waitFor(() => expect(output()).toContain("installing packages … 5 s"), PATIENT);
  const ended = once(child, "close");
  child.kill("SIGTERM");
  expect((await ended)[0]).toBe(1);
  expect(output()).toContain("The install was stopped (SIGTERM); the next start does it again.");
  expect(existsSync(path.join(root, "node_modules/.latchkey-installed"))).toBe(false);
  await vi.waitFor(() => expect(() => process.kill(readPid(), 0)).toThrow("ESRCH"), PATIENT);
});

test("a finished install is not done again, and one that failed is", async () => {
  const failed = install("process.exit(7);");
  expect((await once(failed.child, "close"))[0]).toBe(1);
  expect(failed.output()).toContain("npm ci failed (exit 7)");

  const first = install("");
  expect((await once(first.child, "close"))[0]).toBe(0);
  expect(first.output()).toMatch(/Installed in \d+ s\./);

  const second = install("process.exit(7);");
  expect((await once(second.child, "close"))[0]).toBe(0);
  expect(second.output()).toBe("");
});

const PID_NOTE = () =>
  `require("node:fs").writeFileSync(${JSON.stringify(path.join(root, "pid"))}, String(process.pid));`;
const readPid = () => Number(readFileSync(path.join(root, "pid"), "utf8"));

test("npm ends with an install that was killed, and the next one begins at once", async () => {
  const { child } = install(`${PID_NOTE()} process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`);
  await vi.waitFor(() => expect(readPid()).toBeGreaterThan(0), PATIENT);
  const pid = readPid();
  child.kill("SIGKILL");
  await once(child, "close");
  const next = install("");
  expect((await once(next.child, "close"))[0]).toBe(0);
  expect(next.output()).toContain("Installed in");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), PATIENT);
});

test("npm ends with an install that was killed, also when nobody starts again", async () => {
  const { child } = install(`${PID_NOTE()} setInterval(() => {}, 1000);`);
  await vi.waitFor(() => expect(readPid()).toBeGreaterThan(0), PATIENT);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(readPid(), 0)).toThrow("ESRCH"), PATIENT);
});

test.each<[string, () => Record<string, string>]>([
  ["", () => ({})],
  [" without ps", () => ({ PATH: root })],
])("two installs of one clone at once%s: one does it, the other waits for it and says so", async (_, env) => {
  const log = path.join(root, "runs");
  const npm = `require("node:fs").appendFileSync(${JSON.stringify(log)}, "x"); setTimeout(() => {}, 1000);`;
  const both = [install(npm, env()), install(npm, env())];
  const codes = await Promise.all(both.map(({ child }) => once(child, "close")));
  expect(codes.map(([code]) => code)).toEqual([0, 0]);
  expect(readFileSync(log, "utf8")).toBe("x");
  const said = both.map(({ output }) => output()).join("");
  expect(said).toContain("Waiting for another start of this clone to install the packages …");
});
