// One process of the product, kept alive: started, awaited, started again after a growing pause, stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { NotReadyError } from "./not-ready";
import { HEALTHY_AFTER_MS, restartPauseMs } from "./plan";
import { isPortTaken } from "./ports";

/** What a part says of itself once it is ready: `url`, `pid` and more. */
export type Ready = { url: string; pid: number } & Record<string, unknown>;

export type PartOptions = {
  name: string;
  /** Arguments of node. Asked for at each start, so that a port found at the first one can be kept. */
  args: () => string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  readyTimeoutMs: number;
  /** For programs that do not speak our channel: settles when the part answers. */
  probe?: () => Promise<Ready["url"]>;
  output: (chunk: Buffer | string) => void;
  /** Called at every start, also after a restart. */
  onReady: (ready: Ready) => void;
  /** Called right before every restart's launch: what `args` says may change by it. `reason`: how it ended last. */
  beforeRestart?: (reason: string) => Promise<void>;
  say: (line: string) => void;
  stopTimeoutMs: number;
  /** It has a server of its own to stop, which does not end with it. */
  isSupervisor?: boolean;
};

export type Part = {
  /**
   * Starts it for the first time. Rejects with a sentence when it ends, or is not ready in time; it is gone then, and
   * may be started again.
   */
  start(): Promise<Ready>;
  /** SIGTERM, then SIGKILL; settles when it is gone. No restart follows. */
  stop(): Promise<void>;
  /** Ends it so that it is started again, with what its `args` and `env` say by then. */
  restart(): void;
  /** For somebody who cannot wait: SIGKILL, but to a supervisor (`isSupervisor`), whose server would stay. */
  kill(): void;
};

export function createPart(options: PartOptions): Part {
  let child: ChildProcess | undefined;
  let isStopping = false;
  let restarts = 0;

  async function launch(): Promise<Ready> {
    if (isStopping) throw new Error(`${options.name} was stopped before it started`);
    const started = Date.now();
    const process_ = spawn(process.execPath, options.args(), {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A group of its own: a terminal's Ctrl-C reaches us alone, and we stop the parts in order.
      detached: true,
    });
    child = process_;
    process_.stdout?.on("data", options.output);
    process_.stderr?.on("data", options.output);
    const ended = new Promise<string>((resolve) => {
      process_.once("error", (error) => resolve(error.message));
      process_.once("exit", (code, signal) => resolve(signal ? `killed by ${signal}` : `exit ${code}`));
    });
    const ready = await waitUntilReady(process_, ended);
    options.onReady(ready);
    void ended.then((how) => (isStopping ? undefined : startAgain(how, Date.now() - started)));
    return ready;
  }

  async function waitUntilReady(process_: ChildProcess, ended: Promise<string>): Promise<Ready> {
    const byMessage = new Promise<Ready>((resolve) =>
      process_.on("message", (message: Ready & { type?: string }) => {
        if (message.type === "ready" && !options.probe) resolve(message);
      }),
    );
    const byProbe = options.probe?.().then((url): Ready => ({ url, pid: process_.pid ?? 0 }));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new NotReadyError(`${options.name} was not ready after ${options.readyTimeoutMs / 1000} s`)),
        options.readyTimeoutMs,
      );
    });
    const gone = ended.then((how) => {
      throw new Error(`${options.name} did not start (${how}); its last lines are above`);
    });
    try {
      return await Promise.race([byProbe ?? byMessage, gone, tooLate]);
    } catch (error) {
      killWhole(process_);
      await ended;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** With those that work for it, which would keep its port; but a supervisor is asked to stop its server first. */
  function killWhole({ pid }: ChildProcess): void {
    if (pid === undefined) return;
    try {
      if (options.isSupervisor) process.kill(pid, "SIGTERM");
      else process.kill(-pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  async function startAgain(how: string, ranMs: number): Promise<void> {
    if (ranMs > HEALTHY_AFTER_MS) restarts = 0;
    for (let reason = how; !isStopping; ) {
      // A port that was lost is no illness of the part: its next try, on another one, need not wait longer.
      const pauseMs = restartPauseMs(isPortTaken(reason) ? 0 : restarts++);
      options.say(`${options.name} ended (${reason}); starting it again in ${pauseMs / 1000} s`);
      await delay(pauseMs);
      if (isStopping) return;
      try {
        await options.beforeRestart?.(reason);
        await launch();
        if (!isStopping) options.say(`${options.name} is back`);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }

  return {
    start: launch,
    async stop() {
      isStopping = true;
      const process_ = child;
      if (!process_ || process_.exitCode !== null || process_.signalCode !== null) return;
      const gone = new Promise((resolve) => process_.once("exit", resolve));
      process_.kill("SIGTERM");
      const timer = setTimeout(() => process_.kill("SIGKILL"), options.stopTimeoutMs);
      await gone;
      clearTimeout(timer);
    },
    restart() {
      const process_ = child;
      if (isStopping || !process_) return;
      process_.kill("SIGTERM");
      const timer = setTimeout(() => process_.kill("SIGKILL"), options.stopTimeoutMs);
      process_.once("exit", () => clearTimeout(timer));
    },
    kill() {
      isStopping = true;
      child?.kill(options.isSupervisor ? "SIGTERM" : "SIGKILL");
    },
  };
}
