// Plain JavaScript without dependencies: it runs before there are any.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const NODE_MIN = [20, 19];

/** Ends the process with a sentence when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(`Latchkey needs Node ${NODE_MIN.join(".")} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

const PROGRESS_EVERY_MS = 5_000;
/** From the signal that ends us to npm's SIGKILL. */
const STOP_TIMEOUT_MS = 3_000;

/**
 * Installs what the lock file lists, unless that was done and finished before. The stamp is written last, so an
 * interrupted install is done again. Rejects when npm fails. A signal that ends us ends npm first.
 */
export async function ensureInstalled(root) {
  const lockHash = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  const stamp = path.join(root, "node_modules", ".latchkey-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash) return false;
  console.log("Installing packages (a minute or two, once) …");
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  // On a terminal npm draws its own progress.
  const progress = process.stderr.isTTY
    ? undefined
    : setInterval(() => console.log(`installing packages … ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    await runNpm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"], root);
  } finally {
    clearInterval(progress);
  }
  writeFileSync(stamp, lockHash);
  console.log(`Installed in ${seconds()} s.`);
  return true;
}

function runNpm(args, root) {
  const isWindows = process.platform === "win32";
  const child = spawn(isWindows ? "npm.cmd" : "npm", args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: isWindows,
    // A group of its own, so that what npm started ends with it.
    detached: !isWindows,
    // What `npm start` and `npm test` themselves set must not reach the install.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(global|prefix|omit|production|include)|lifecycle|package)/i.test(name),
      ),
    ),
  });
  const end = (signal) => (isWindows ? child.kill(signal) : process.kill(-child.pid, signal));
  let stoppedBy;
  let timer;
  const stop = (signal) => {
    stoppedBy ??= signal;
    end(signal);
    // npm would finish what it downloads, which can take minutes.
    timer ??= setTimeout(() => end("SIGKILL"), STOP_TIMEOUT_MS);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      for (const name of signals) process.off(name, stop);
      if (stoppedBy)
        reject(new Error(`The install was stopped (${stoppedBy}); the next start does it again.`));
      else if (code === 0) resolve();
      else reject(new Error(`npm ci failed (exit ${code ?? signal}); its output is above.`));
    });
  });
}
