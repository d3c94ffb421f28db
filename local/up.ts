// `npm start` and `npm run dev`: starts what is not configured, then the app, and stops all of it together.

import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { ensureBuilt } from "./supervise/build";
import { findDevServer } from "./supervise/dev-server";
import { createLineWriter, paint, say } from "./supervise/output";
import type { Part } from "./supervise/part";
import {
  appEnvironment,
  migrate,
  type Start,
  startApp,
  startEngine,
  startMail,
  startPostgres,
  waitForSync,
} from "./supervise/parts";
import { choosePlan, describeMix, isLoopbackUrl, listComplaints } from "./supervise/plan";
import { isPortFree, nextFreePort } from "./supervise/ports";
import { ancestryOf, endLeftovers, isRunByNpm, openRunningFile, takeLock } from "./supervise/processes";
import { readSecrets } from "./supervise/secrets";

const APP_PORT = 3000;

/** Runs the product until it is stopped. Ends the process. */
export async function up(root: string, args: string[]): Promise<void> {
  const parts: Part[] = [];
  let release = () => {};
  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= (async () => {
      // The app first, Postgres last: nobody is left without what it needs.
      for (const part of [...parts].reverse()) await part.stop();
      release();
      process.exit(exitCode);
    })();
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (stopping) {
        for (const part of parts) part.kill();
        return;
      }
      say("\nstopping …");
      void stop(0);
    });
  watchNpm(() => void stop(0));

  try {
    const dir = path.resolve(root, process.env.LATCHKEY_DIR ?? ".latchkey");
    mkdirSync(dir, { recursive: true });
    loadEnvFiles(root);
    const lock = await takeLock(dir, say);
    const running = openRunningFile(dir);
    release = () => {
      running.remove();
      lock.release();
    };
    await endLeftovers(dir, say);
    const start = await prepare({ root, dir, isDev: args.includes("--dev"), running, parts });
    running.set("up", { pid: process.pid });
    const lines = await startAll(start);
    lock.setUrl(start.appUrl);
    if (!stopping) say(lines);
  } catch (error) {
    if (stopping) return;
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}

function loadEnvFiles(root: string): void {
  // Neither overrides what the environment already says; the first file wins over the second.
  for (const name of [".env.local", ".env"]) {
    const file = path.join(root, name);
    if (existsSync(file)) process.loadEnvFile(file);
  }
}

/** When npm is killed nobody tells us: then those who started us have changed. */
function watchNpm(onGone: () => void): void {
  if (!isRunByNpm()) return;
  const ancestry = ancestryOf(process.pid);
  setInterval(() => ancestryOf(process.pid) !== ancestry && onGone(), 1_000).unref();
}

async function prepare(known: Pick<Start, "root" | "dir" | "isDev" | "running" | "parts">): Promise<Start> {
  const devServer = known.isDev ? findDevServer(known.root) : null;
  const plan = choosePlan(process.env, devServer !== null);
  const complaints = listComplaints(process.env, plan);
  if (complaints.length > 0)
    throw new Error(
      `Latchkey cannot start; mend these environment variables:\n${complaints.map((line) => `  ${line}`).join("\n")}`,
    );
  const mix = describeMix(plan);
  if (mix) say(mix);
  const port = await chooseAppPort();
  return {
    ...known,
    plan,
    devServer,
    port,
    appUrl: process.env.APP_URL || `http://localhost:${port}`,
    secrets: readSecrets(known.dir),
  };
}

async function chooseAppPort(): Promise<number> {
  const wanted = process.env.PORT;
  if (wanted) {
    const port = Number(wanted);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error(`PORT is ${wanted}; it must be a number from 1 to 65535.`);
    if (!(await isPortFree(port)))
      throw new Error(
        `Port ${port} is taken by another program. Stop it, or choose another one: PORT=${port + 1} npm start`,
      );
    return port;
  }
  const { APP_URL } = process.env;
  const named = APP_URL && isLoopbackUrl(APP_URL) ? Number(new URL(APP_URL).port || 80) : null;
  if (named !== null) {
    if (!(await isPortFree(named)))
      throw new Error(`Port ${named} (from APP_URL) is taken by another program.`);
    return named;
  }
  const port = await nextFreePort(APP_PORT, new Set());
  if (port !== APP_PORT) say(`Port ${APP_PORT} is taken; the app takes ${port}.`);
  return port;
}

async function startAll(start: Start): Promise<string> {
  const { root, plan, isDev } = start;
  const output = createLineWriter(path.join(start.dir, "logs"), "latchkey");
  const building = isDev
    ? Promise.resolve(false)
    : ensureBuilt({ root, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" }, say, output });
  // A failed build is reported when it is awaited; until then it must not end the process by itself.
  building.catch(() => {});
  const databaseUrl = await startPostgres(start);
  await migrate(start, databaseUrl);
  const ports = new Set([start.port]);
  const mail = plan.mail === "stand-in" ? await startMail(start, ports) : null;
  const engine = plan.inngest === "configured" ? null : await startEngine(start, databaseUrl, ports);
  await building;
  await startApp(
    start,
    appEnvironment(start, { databaseUrl, mailUrl: mail?.url ?? null, engineUrl: engine?.url ?? null }),
  );
  if (engine && plan.inngest === "stand-in") await waitForSync(engine.url, start.secrets.inngestSigningKey);
  return closingLines(start, mail?.url ?? null, engine?.url ?? null);
}

function closingLines(start: Start, mailUrl: string | null, engineUrl: string | null): string {
  const { OPS_PASSWORD, INNGEST_BASE_URL, SMTP_URL } = process.env;
  const rows: [string, string][] = [
    ["app", start.appUrl],
    ["inbox", mailUrl ?? (SMTP_URL ? "mails go out by SMTP_URL" : "mails go out by Resend")],
    ["engine", engineUrl ?? INNGEST_BASE_URL ?? "Inngest Cloud: https://app.inngest.com"],
    ["operator", OPS_PASSWORD ? "the password in OPS_PASSWORD" : start.secrets.opsPassword],
  ];
  return `\n${rows.map(([name, value]) => `  ${paint(name.padEnd(10), 1)} ${value}`).join("\n")}\n`;
}
