// A program that runs once and ends, such as a build: it does not outlive us, whatever we are ended by.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";

export type ProgramOptions = {
  root: string;
  /** Arguments of node. */
  args: string[];
  env: NodeJS.ProcessEnv;
  output: (chunk: Buffer) => void;
  /** Called once it runs. */
  onStart?: (pid: number) => void;
  /** Ends it; then it is in a group of its own, since a terminal's Ctrl-C is ours to pass on. */
  signal?: AbortSignal | undefined;
};

const WITH_PARENT = pathToFileURL(path.resolve(import.meta.dirname, "../with-parent.mjs")).href;
/** From SIGTERM to SIGKILL. */
const STOP_TIMEOUT_MS = 3_000;

/**
 * Runs it to its end and settles when it is gone: null when all went well, otherwise how it ended ("exit 1"). Throws
 * the signal's reason when it was stopped.
 */
export async function runProgram(options: ProgramOptions): Promise<string | null> {
  const { root, args, env, output, onStart, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(process.execPath, ["--import", WITH_PARENT, ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: signal !== undefined,
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", output);
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  };
  signal?.addEventListener("abort", stop, { once: true });
  const ended = waitForEnd(child);
  if (child.pid !== undefined) onStart?.(child.pid);
  try {
    const how = await ended;
    signal?.throwIfAborted();
    return how;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function waitForEnd(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // "close" comes after "exit" and after the last of its output. A process that it left behind may hold the pipes.
    child.once("exit", (code, signal) => {
      const how = code === 0 ? null : `exit ${code ?? signal}`;
      child.once("close", () => resolve(how));
      setTimeout(() => resolve(how), 1_000).unref();
    });
  });
}
