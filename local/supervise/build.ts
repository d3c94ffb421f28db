// Builds the app when something it is made of has changed, and only then.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { giveAllToOwner, requireWritable } from "../ownership.mjs";
import { type BuildLock, lockBuild } from "./build-lock";
import { runProgram } from "./program";

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

/** What Next writes into a clone, while it builds and while it runs. */
export function giveBuildToOwner(root: string): void {
  for (const name of [".next", "next-env.d.ts", "tsconfig.json", "tsconfig.tsbuildinfo"])
    giveAllToOwner(path.join(root, name));
}

export type BuildOptions = {
  root: string;
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  output: (chunk: Buffer | string) => void;
  /** Ends the build, and the wait for another one. */
  signal?: AbortSignal;
};

/**
 * True when it had to build. Throws a sentence when the build fails; its output has gone to `output` by then. A build
 * ends with the process that asked for it, also when that is killed.
 */
export async function ensureBuilt(options: BuildOptions): Promise<boolean> {
  const lock = await lockBuild(options.root, options.say, options.signal);
  try {
    const stamp = path.join(options.root, ".next", "latchkey-sources");
    const hash = hashSources(options.root);
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return false;
    requireWritable(path.join(options.root, ".next"), { depth: 2 });
    rmSync(stamp, { force: true });
    try {
      await build(options, lock);
      // Last, so that an interrupted build is not taken for a finished one.
      writeFileSync(stamp, hash);
    } finally {
      giveBuildToOwner(options.root);
    }
    return true;
  } finally {
    lock.release();
  }
}

const PROGRESS_EVERY_MS = 5_000;

async function build({ root, env, say, output, signal }: BuildOptions, lock: BuildLock): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say("building the app …");
  const progress = setInterval(() => say(`building the app … ${seconds()} s`), PROGRESS_EVERY_MS);
  const said: string[] = [];
  try {
    const ended = await runProgram({
      root,
      args: [path.join(root, "node_modules/next/dist/bin/next"), "build"],
      env: { ...env, NODE_ENV: "production", BUILD_CHECKS_TYPES: "off" },
      output: (chunk) => said.push(String(chunk)),
      onStart: (pid) => lock.setBuild(pid),
      signal,
    });
    if (ended !== null) {
      output(`${said.join("")}\n`);
      throw new Error(`The build failed (${ended}); what it said is above.`);
    }
  } finally {
    clearInterval(progress);
  }
  say(`built the app in ${seconds()} s`);
}
