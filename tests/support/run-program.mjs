// Runs programs for tests/run.mjs: output collected or shown, ended with us.
import { spawn } from "node:child_process";

const children = new Set();

/**
 * Settles when the program has ended; never rejects. `show` passes its output on as it comes; otherwise it is
 * collected. After `timeoutMs` it is killed.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, timeoutMs?: number }} options
 * @returns {Promise<{ ok: boolean, code: number | null, output: string }>}
 */
export function run(program, args, { env = process.env, show = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env,
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
      // A group of its own: a terminal's Ctrl-C reaches us alone, and we pass it on once.
      detached: process.platform !== "win32",
    });
    children.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
    const timer = timeoutMs ? setTimeout(() => signalGroup(child, "SIGKILL"), timeoutMs) : undefined;
    const end = (code, note = "") => {
      clearTimeout(timer);
      children.delete(child);
      resolve({ ok: code === 0, code, output: output + note });
    };
    child.once("error", (error) => end(null, error.message));
    child.once("close", (code, signal) => end(code, signal ? `\nended by ${signal}` : ""));
  });
}

/** Ends what still runs. */
export function stopChildren(signal) {
  for (const child of children) {
    // SIGINT is what Playwright and Vitest take for Ctrl-C: they stop what they started.
    if (signal === "SIGKILL") signalGroup(child, signal);
    else child.kill("SIGINT");
  }
}

function signalGroup(child, signal) {
  try {
    if (child.pid && process.platform !== "win32") process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended in the meantime.
  }
}
