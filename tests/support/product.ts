// The product under test, started the way `npm start` does it: on free ports, in a fresh folder of its own, with none
// of a developer's services. Playwright calls the default export once before all tests.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import { findFreePorts } from "../../cli/product/free-ports";
import type { Running } from "./running";

const ROOT = path.resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
const LOG_LINES_SHOWN = 40;

/** Every part a stand-in, every setting at its default, whatever the developer's shell or .env.local says. */
const DEFAULTS: Record<string, string> = {
  DATABASE_URL: "",
  INNGEST_BASE_URL: "",
  INNGEST_DEV: "",
  INNGEST_EVENT_KEY: "",
  INNGEST_SIGNING_KEY: "",
  INNGEST_SIGNING_KEY_FALLBACK: "",
  RESEND_API_KEY: "",
  RESEND_BASE_URL: "",
  RESEND_WEBHOOK_SECRET: "",
  SMTP_URL: "",
  INBOX_URL: "",
  APP_SECRET: "",
  OPS_PASSWORD: "",
  METRICS_TOKEN: "",
  EMAIL_FROM: "Latchkey <hello@latchkey.localhost>",
  EMAIL_MODE: "async",
  EMAIL_QUEUE_DELAY: "2",
  EMAIL_MAX_RETRIES: "5",
  EMAIL_RETRY_BASE: "60",
  EMAIL_RETRY_MAX: "900",
  EMAIL_TIMEOUT: "10",
  EMAIL_SYNC_BUDGET: "0.7",
  EMAIL_WATCHDOG_AFTER: "30",
  EMAIL_FAILOVER: "",
  EMAIL_RATE_LIMIT: "",
  EMAIL_CONCURRENCY: "",
  DATABASE_POOL_SIZE: "10",
  // Dozens of people register from this one machine; limits.spec.ts has a product of its own with the limits on.
  RATE_LIMITS: "off",
  TRUSTED_PROXY_HOPS: "0",
  EMAIL_MX_CHECK: "",
  EMAIL_WELCOME: "",
  EMAIL_BLOCK_DISPOSABLE: "",
  PROOF_OF_WORK: "",
  PROOF_OF_WORK_ABOVE: "",
  PASSWORD_MIN_LENGTH: "",
  HIBP: "",
  WEBHOOK_URLS: "",
  WEBHOOK_SECRET: "",
  INTERCOM_ACCESS_TOKEN: "",
  INTERCOM_BASE_URL: "",
  CANARY_TO: "",
  OTEL_EXPORTER_OTLP_ENDPOINT: "",
  OTEL_EXPORTER_OTLP_HEADERS: "",
  OTEL_EXPORTER_OTLP_PROTOCOL: "",
  OTEL_SERVICE_NAME: "",
  OTEL_TRACES_SAMPLER: "",
  OTEL_TRACES_SAMPLER_ARG: "",
  OTEL_SDK_DISABLED: "",
  LOG_LEVEL: "info",
};

/** The environment of a product that uses nothing of this machine but its programs. */
export function isolateEnvironment(
  env: Record<string, string | undefined>,
  envFiles: readonly string[],
  own: Record<string, string>,
): Record<string, string | undefined> {
  // A variable that is set, to nothing, is not filled from an env file: neither by us nor by Next.
  const named = envFiles.flatMap((content) => Object.keys(parseEnv(content)));
  return { ...env, ...Object.fromEntries(named.map((name) => [name, ""])), ...DEFAULTS, ...own };
}

function readEnvFiles(): string[] {
  return [".env", ".env.local", ".env.production", ".env.production.local"]
    .map((name) => path.join(ROOT, name))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
}

export type Product = { url: string; dir: string; stop(): Promise<void> };

/**
 * Starts the product in `dir`, emptied before. Settles when it answers. Throws with the end of its output when it
 * ends or does not answer in time. `stop` throws when a process is left behind.
 */
export async function startProduct(dir: string, settings: Record<string, string> = {}): Promise<Product> {
  await endEarlier(dir);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const [port] = await findFreePorts(1);
  const logFile = path.join(dir, "product.log");
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, ["local/start.mjs"], {
    cwd: ROOT,
    env: {
      ...isolateEnvironment(process.env, readEnvFiles(), {
        LATCHKEY_DIR: dir,
        PORT: String(port),
        APP_URL: `http://localhost:${port}`,
        ...settings,
      }),
      NODE_ENV: "production",
      // Makes it watch for the end of its parent, as it does when npm started it.
      npm_lifecycle_event: "test",
    } as NodeJS.ProcessEnv,
    stdio: ["ignore", log, log],
    // A group of its own: Ctrl-C reaches the tests, which then stop it in order.
    detached: true,
  });
  closeSync(log);
  try {
    const running = await waitUntilRunning(child, dir);
    return { url: running.app.url, dir, stop: () => stopProduct(child, dir, running) };
  } catch (error) {
    await end(child);
    const said = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
    throw new Error(`${error instanceof Error ? error.message : error}. The end of its output:\n${said}`);
  }
}

async function waitUntilRunning(child: ChildProcess, dir: string): Promise<Running> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await delay(100)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The product did not start (exit ${child.exitCode ?? child.signalCode})`);
    const running = readRunningFile(dir);
    if (!running?.app || !running.up?.ready) continue;
    const answer = await fetch(running.app.url, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
    if (answer?.ok) return running as Running;
  }
  throw new Error(`The product did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

function readRunningFile(dir: string): (Partial<Running> & { up?: { pid: number; ready?: boolean } }) | null {
  try {
    return JSON.parse(readFileSync(path.join(dir, "running.json"), "utf8"));
  } catch {
    return null;
  }
}

async function stopProduct(child: ChildProcess, dir: string, atStart: Running): Promise<void> {
  // Parts that were started again during the tests have other numbers by now.
  const atEnd = readRunningFile(dir) ?? atStart;
  await end(child);
  const left = Object.entries({ ...atStart, ...atEnd }).filter(([, part]) => isAlive(part.pid));
  if (left.length > 0)
    throw new Error(
      `Left behind after the stop: ${left.map(([name, { pid }]) => `${name} (pid ${pid})`).join(", ")}`,
    );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** A run of the tests that was killed may still be stopping its product: its folder must not be emptied under it. */
async function endEarlier(dir: string): Promise<void> {
  const earlier = readRunningFile(dir);
  if (!earlier) return;
  const pids = Object.values(earlier).map((part) => part.pid);
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(200))
    if (!pids.some(isAlive)) return;
  throw new Error(`${dir} belongs to a product that still runs (pid ${earlier.up?.pid}); stop it first`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Playwright's global set-up; what it returns runs after all tests, also when they were interrupted. */
export default async function setUp(): Promise<() => Promise<void>> {
  const product = await startProduct(path.resolve(ROOT, process.env.LATCHKEY_DIR || ".latchkey/e2e"));
  // The workers inherit the environment, and read the configuration anew.
  process.env.E2E_BASE_URL = product.url;
  return () => product.stop();
}
