// Builds the app when something it is made of has changed, and only then.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startOf } from "./processes";

const FOLDERS = ["app", "components", "db", "domain", "emails", "inngest", "messages", "public"];
const FILES = /^(.*\.(ts|tsx|mjs|cjs|js)|package\.json|package-lock\.json|tsconfig\.json)$/;
/** Made by Next itself, or for tests: the build does not depend on them. */
const IGNORED = /^(next-env\.d\.ts|vitest\.config\.ts|playwright\.config\.ts|drizzle\.config\.ts)$/;

/** A hash over everything the build depends on: names and contents, so that a fresh clone and a copy are equal. */
export function hashSources(root: string): string {
  const hash = createHash("sha256");
  hash.update(process.version);
  const add = (file: string) => hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  for (const name of readdirSync(root).sort()) if (FILES.test(name) && !IGNORED.test(name)) add(name);
  for (const folder of FOLDERS.filter((name) => existsSync(path.join(root, name)))) {
    const entries = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
    for (const file of files.sort()) add(file);
  }
  return hash.digest("hex");
}

export type BuildOptions = {
  root: string;
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  output: (chunk: Buffer | string) => void;
};

/** True when it had to build. Throws a sentence when the build fails; its output has gone to `output` by then. */
export async function ensureBuilt(options: BuildOptions): Promise<boolean> {
  const unlock = await lockBuild(options.root, options.say);
  try {
    const stamp = path.join(options.root, ".next", "latchkey-sources");
    const hash = hashSources(options.root);
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return false;
    rmSync(stamp, { force: true });
    await build(options);
    // Last, so that an interrupted build is not taken for a finished one.
    writeFileSync(stamp, hash);
    return true;
  } finally {
    unlock();
  }
}

const PROGRESS_EVERY_MS = 5_000;

async function build({ root, env, say, output }: BuildOptions): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say("building the app …");
  const progress = setInterval(() => say(`building the app … ${seconds()} s`), PROGRESS_EVERY_MS);
  const child = spawn(process.execPath, [path.join(root, "node_modules/next/dist/bin/next"), "build"], {
    cwd: root,
    env: { ...env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(String(chunk)));
  const ended = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? null : `exit ${code ?? signal}`));
  });
  clearInterval(progress);
  if (ended !== null) {
    output(`${said.join("")}\n`);
    throw new Error(`The build failed (${ended}); what it said is above.`);
  }
  say(`built the app in ${seconds()} s`);
}

/** One build at a time in one clone, whoever asks for it: two would write into the same folder. */
async function lockBuild(root: string, say: (line: string) => void): Promise<() => void> {
  const folder = path.join(root, ".latchkey");
  const lock = path.join(folder, "build.lock");
  mkdirSync(folder, { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(lock, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!isHeld(lock)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say("waiting for another build of this clone …");
    told = true;
    await delay(500);
  }
}

function isHeld(lock: string): boolean {
  try {
    const { pid, start } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number; start: string | null };
    return start !== null && startOf(pid) === start;
  } catch {
    return false;
  }
}
