// Plain JavaScript without dependencies: it runs before there are any.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { giveAllToOwner, makeFolder, requireWritable } from "./ownership.mjs";
import {
  adviseOn,
  createWhole,
  isRunning,
  markOf,
  mayBeRunning,
  replaceWhole,
  startOf,
  watchNpm,
} from "./processes.mjs";

const NODE_MIN = [20, 19];

/** Ends the process with a sentence when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(`Latchkey needs Node ${NODE_MIN.join(".")} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

const PROGRESS_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 250;
/** From the signal that ends us to npm's SIGKILL. */
const STOP_TIMEOUT_MS = 3_000;
const RUN_WITH_PARENT = fileURLToPath(new URL("run-with-parent.mjs", import.meta.url));

/**
 * Installs what the lock file lists, unless that was done and finished before. The stamp is written last, so an
 * interrupted install is done again. One at a time in a clone: two would empty each other's folder. Rejects when npm
 * fails. npm ends with us, whatever we are ended by.
 * @param {string} root
 * @returns {Promise<boolean>} whether there was something to install
 */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return false;
  const lock = await lockInstall(root);
  try {
    // Another start may have done it meanwhile.
    if (isInstalled(root)) return false;
    await install(root, lock);
    return true;
  } finally {
    lock.release();
  }
}

const stampOf = (root) => path.join(root, "node_modules", ".latchkey-installed");

function hashLockFile(root) {
  return createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
}

function isInstalled(root) {
  return existsSync(stampOf(root)) && readFileSync(stampOf(root), "utf8") === hashLockFile(root);
}

async function install(root, lock) {
  const lockHash = hashLockFile(root);
  const folder = path.join(root, "node_modules");
  requireWritable(folder, { depth: 1 });
  console.log("Installing packages (a minute or two, once) …");
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  // On a terminal npm draws its own progress.
  const progress = process.stderr.isTTY
    ? undefined
    : setInterval(() => console.log(`installing packages … ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    await runNpm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"], root, lock);
    writeFileSync(stampOf(root), lockHash);
  } finally {
    clearInterval(progress);
    giveAllToOwner(folder);
  }
  console.log(`Installed in ${seconds()} s.`);
}

/** Settles when this process may install. */
async function lockInstall(root) {
  const folder = path.join(root, ".latchkey");
  const file = path.join(folder, "install.lock");
  makeFolder(folder);
  const own = { pid: process.pid, start: startOf(process.pid), folder: markOf(folder), npm: null };
  for (let isTold = false; !createWhole(file, own); ) {
    const found = readHolder(file);
    // One with another mark came with a copy of another clone.
    const holder = found?.folder === own.folder ? found : null;
    if (holder && mayBeRunning(holder, file)) {
      if (!isTold)
        console.log(
          `Waiting for another start of this clone to install the packages …${adviseOn(holder, file)}`,
        );
      isTold = true;
      await delay(LOOK_EVERY_MS);
      continue;
    }
    // Its npm ends with it; this is for the moment in which it has not yet.
    if (holder?.npm && isRunning(holder.npm)) endGroup(holder.npm.pid, "SIGKILL");
    rmSync(file, { force: true });
  }
  return {
    setNpm: (pid) => replaceWhole(file, { ...own, npm: { pid, start: startOf(pid) } }),
    release: () => rmSync(file, { force: true }),
  };
}

function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null; // released just now
  }
}

function endGroup(pid, signal) {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function runNpm(args, root, lock) {
  const isWindows = process.platform === "win32";
  const child = spawn(process.execPath, [RUN_WITH_PARENT, isWindows ? "npm.cmd" : "npm", ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // A group of its own, so that what npm started ends with it.
    detached: !isWindows,
    // What `npm start` and `npm test` themselves set must not reach the install.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(global|prefix|omit|production|include)|lifecycle|package)/i.test(name),
      ),
    ),
  });
  let stoppedBy;
  let timer;
  const stop = (signal) => {
    stoppedBy ??= signal;
    endGroup(child.pid, signal);
    // npm would finish what it downloads, which can take minutes.
    timer ??= setTimeout(() => endGroup(child.pid, "SIGKILL"), STOP_TIMEOUT_MS);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  const unwatch = watchNpm(() => stop("SIGTERM"));
  if (child.pid !== undefined) lock.setNpm(child.pid);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      unwatch();
      for (const name of signals) process.off(name, stop);
      if (stoppedBy)
        reject(new Error(`The install was stopped (${stoppedBy}); the next start does it again.`));
      else if (code === 0) resolve();
      else reject(new Error(`npm ci failed (exit ${code ?? signal}); its output is above.`));
    });
  });
}
