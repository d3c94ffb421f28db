// One process of the product, to be started, killed, frozen and started again.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** What a stand-in says once it is ready; `pid` is of the process that does the work. */
export type Ready = { url: string; pid: number } & Record<string, unknown>;

export type PartOptions = {
  name: string;
  /** Of node. Asked for at each start. */
  args: () => string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** For programs that do not say that they are ready: settles when they answer. */
  probe?: (signal: AbortSignal) => Promise<string>;
  /** How it is stopped in the end. A supervisor is asked, so that it takes its server along; the rest has nothing to tidy up. */
  stopSignal: "SIGTERM" | "SIGKILL";
  /** Told when the process ends and nobody killed or stopped it. It is started again then. */
  onEnd: (how: string) => void;
};

export type Part = {
  readonly name: string;
  /** Of the process that does the work; 0 before it was ready once. */
  pid(): number;
  /** Rejects with a sentence when it ends instead of becoming ready. */
  start(): Promise<Ready>;
  /** kill -9, a pause, and a new start; settles with how long the new start took until it was ready, in ms. */
  killAndRestart(downMs: number): Promise<number>;
  /** As killAndRestart, but asked to end by SIGTERM. One that has not ended after a minute is killed, and that is told as `onEnd`. */
  endAndRestart(downMs: number): Promise<number>;
  /** Stops it and its children without ending them, and lets them go on after `downMs`. */
  freeze(downMs: number): Promise<void>;
  /** Settles once nobody is doing any of this any more. Never rejects. */
  settled(): Promise<void>;
  /** `stopSignal`, and SIGKILL when that does not help. Settles when it is gone; no start follows. Never rejects. */
  stop(): Promise<void>;
  /** Lets a frozen one go on, at once: the last thing a dying parent can do. */
  thaw(): void;
};

const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 15_000;
/** Requests end, and conversations and leases under way; what a database that is away keeps open is given up in time. */
const END_TIMEOUT_MS = 60_000;
const RESTART_PAUSE_MS = 300;

export function createPart(options: PartOptions): Part {
  let child: ChildProcess | undefined;
  let ready: Ready | undefined;
  let isStopping = false;
  /** The end of the process is ours, and no news. */
  let isKilled = false;
  let frozen: number[] = [];
  /** One thing at a time is done to one part. */
  let queue: Promise<unknown> = Promise.resolve();

  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  }

  async function launch(): Promise<Ready> {
    const log = openSync(options.logFile, "a");
    const process_ = spawn(process.execPath, options.args(), {
      cwd: options.cwd,
      env: options.env,
      // The channel is how it learns that we are gone.
      stdio: ["ignore", log, log, "ipc"],
      // A group of its own: a terminal's Ctrl-C reaches us alone.
      detached: true,
    });
    closeSync(log);
    child = process_;
    isKilled = false;
    const ended = new Promise<string>((resolve) => {
      process_.once("error", (error) => resolve(error.message));
      process_.once("exit", (code, signal) => resolve(signal ? `killed by ${signal}` : `exit ${code}`));
    });
    const result = await waitUntilReady(process_, ended);
    ready = result;
    void ended.then((how) => {
      if (isStopping || isKilled || child !== process_) return;
      options.onEnd(how);
      void enqueue(relaunch);
    });
    return result;
  }

  async function waitUntilReady(process_: ChildProcess, ended: Promise<string>): Promise<Ready> {
    const limit = AbortSignal.timeout(READY_TIMEOUT_MS);
    const ready = options.probe
      ? options.probe(limit).then((url): Ready => ({ url, pid: process_.pid ?? 0 }))
      : new Promise<Ready>((resolve) =>
          process_.on("message", (message: Ready & { type?: string }) => {
            if (message.type === "ready") resolve(message);
          }),
        );
    const gone = ended.then((how) => {
      throw new Error(`${options.name} did not start (${how}); see ${options.logFile}`);
    });
    const late = new Promise<never>((_, reject) =>
      limit.addEventListener("abort", () => reject(new Error(`${options.name} was not ready in time`))),
    );
    late.catch(() => {});
    try {
      return await Promise.race([ready, gone, late]);
    } catch (error) {
      isKilled = true;
      process_.kill("SIGKILL");
      throw error;
    }
  }

  /** Until it works: what it needs may be down as well. */
  async function relaunch(): Promise<number> {
    const started = Date.now();
    const deadline = started + READY_TIMEOUT_MS;
    for (;;) {
      if (isStopping) return 0;
      try {
        await launch();
        return Date.now() - started;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await delay(RESTART_PAUSE_MS);
    }
  }

  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function kill(): Promise<void> {
    if (!child || !ready || !isRunning()) return;
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    isKilled = true;
    // A supervisor (Postgres') is not what is to be killed, and ends with the process that is.
    signal(ready.pid, "SIGKILL");
    await gone;
  }

  async function end(): Promise<void> {
    if (!child || !ready || !isRunning()) return;
    const gone = new Promise<"gone">((resolve) => child?.once("exit", () => resolve("gone")));
    isKilled = true;
    signal(ready.pid, "SIGTERM");
    if ((await Promise.race([gone, delay(END_TIMEOUT_MS)])) === "gone") return;
    options.onEnd(`did not end within ${END_TIMEOUT_MS / 1000} s of SIGTERM`);
    await kill();
  }

  return {
    name: options.name,
    pid: () => ready?.pid ?? 0,
    start: () => enqueue(launch),
    endAndRestart: (downMs) =>
      enqueue(async () => {
        await end();
        await delay(downMs);
        return relaunch();
      }),
    killAndRestart: (downMs) =>
      enqueue(async () => {
        await kill();
        await delay(downMs);
        return relaunch();
      }),
    freeze: (downMs) =>
      enqueue(async () => {
        if (!ready || !isRunning() || isStopping) return;
        // The parent first: it makes no more of them.
        frozen = [ready.pid];
        signal(ready.pid, "SIGSTOP");
        for (const pid of childrenOf(ready.pid)) {
          frozen.push(pid);
          signal(pid, "SIGSTOP");
        }
        await Promise.race([delay(downMs), whenThawed()]);
        thaw();
      }),
    async settled() {
      for (let seen: unknown; seen !== queue; ) {
        seen = queue;
        await queue;
      }
    },
    async stop() {
      isStopping = true;
      thaw();
      await queue;
      const process_ = child;
      if (!process_ || !isRunning()) return;
      const gone = new Promise((resolve) => process_.once("exit", resolve));
      process_.kill(options.stopSignal);
      const timer = setTimeout(() => process_.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(timer);
    },
    thaw,
  };

  async function whenThawed(): Promise<void> {
    while (frozen.length > 0) await delay(50);
  }

  function thaw(): void {
    for (const pid of frozen.splice(0).reverse()) signal(pid, "SIGCONT");
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}

/** Postgres answers from a process for each connection. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [child = Number.NaN, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid ? [child] : [];
  });
}
