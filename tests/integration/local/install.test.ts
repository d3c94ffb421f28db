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
function install(npm: string): { child: ReturnType<typeof spawn>; output: () => string } {
  writeFileSync(path.join(root, "npm"), `#!${process.execPath}\n${npm}`);
  chmodSync(path.join(root, "npm"), 0o755);
  const program = `import { ensureInstalled } from ${JSON.stringify(INSTALL)};
    await ensureInstalled(process.argv[1]).catch((error) => { console.error(error.message); process.exit(1); });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, root], {
    env: { ...process.env, PATH: `${root}${path.delimiter}${process.env.PATH}` },
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
  const pid = Number(readFileSync(path.join(root, "pid"), "utf8"));
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
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
