// The engine as up.ts starts it: a process of its own, that a test can kill.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

export type EngineProcess = {
  child: ChildProcess;
  url: string;
  port: number;
  kill(): Promise<void>;
};

export type ProcessOptions = { databaseUrl: string; appUrl: string; port?: number; args?: string[] };

export function spawnEngine(options: ProcessOptions): { child: ChildProcess; output: () => string } {
  const args = [
    "--port",
    String(options.port ?? 0),
    "--app-url",
    options.appUrl,
    ...(options.args ?? ["--clock"]),
  ];
  const child = spawn(process.execPath, ["local/run.mjs", "inngest", ...args], {
    cwd: root,
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      INNGEST_EVENT_KEY: "",
      INNGEST_SIGNING_KEY: "",
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return { child, output: () => output };
}

/** Starts an engine and waits for its word that it is ready. */
export async function startEngineProcess(options: ProcessOptions): Promise<EngineProcess> {
  const { child, output } = spawnEngine(options);
  const ready = await new Promise<{ url: string; port: number; pid: number }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { url: string; port: number; pid: number }));
    child.once("exit", (code) => reject(new Error(`The engine ended with ${code}: ${output()}`)));
  });
  return {
    child,
    url: ready.url,
    port: ready.port,
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
