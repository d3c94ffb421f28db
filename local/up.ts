// `npm start` and `npm run dev`: starts what is not configured, then the app, and stops all of it together.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./supervise/build";
import { devServerArguments, findDevServer } from "./supervise/dev-server";
import { createLineWriter, paint, say } from "./supervise/output";
import { createPart, type Part, type PartOptions } from "./supervise/part";
import { choosePlan, describeMix, isLoopbackUrl, listComplaints, type Plan } from "./supervise/plan";
import { isPortFree, nextFreePort } from "./supervise/ports";
import {
  ancestryOf,
  endLeftovers,
  isRunByNpm,
  openRunningFile,
  type RunningFile,
  takeLock,
} from "./supervise/processes";
import { readSecrets, type Secrets } from "./supervise/secrets";

const APP_PORT = 3000;
const ENGINE_PORT = 8288;
const MAIL_PORT = 8025;
const SMTP_PORT = 1025;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;

/** Everything one start knows, gathered step by step. */
type Start = {
  root: string;
  dir: string;
  isDev: boolean;
  plan: Plan;
  secrets: Secrets;
  port: number;
  appUrl: string;
  devServer: string | null;
  running: RunningFile;
  /** In the order they were started; stopped the other way round. */
  parts: Part[];
};

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

/** What all parts of ours have in common. */
function partOptions(
  start: Start,
  name: string,
  env: Record<string, string | undefined>,
): Omit<PartOptions, "args" | "onReady"> {
  return {
    name,
    env: { ...process.env, ...env },
    cwd: start.root,
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    output: createLineWriter(path.join(start.dir, "logs"), name),
    say,
  };
}

const standIn = (name: string, ...args: string[]) => ["--import", "tsx", `local/${name}/main.ts`, ...args];

async function startPostgres(start: Start): Promise<string> {
  if (start.plan.postgres === "configured") return process.env.DATABASE_URL ?? "";
  // After its first start the others know the port: it must come back there.
  let port: string[] = [];
  const part = createPart({
    ...partOptions(start, "postgres", {}),
    args: () => standIn("postgres", "--dir", start.dir, ...port),
    onReady: ({ url, pid }) => {
      port = ["--port", new URL(url).port];
      start.running.set("postgres", { url, pid });
    },
    stopTimeoutMs: 2 * STOP_TIMEOUT_MS,
  });
  start.parts.push(part);
  return (await part.start()).url;
}

async function startMail(start: Start, taken: Set<number>): Promise<{ url: string }> {
  const port = await nextFreePort(MAIL_PORT, taken);
  const smtpPort = await nextFreePort(SMTP_PORT, taken.add(port));
  taken.add(smtpPort);
  const part = createPart({
    ...partOptions(start, "mail", {
      RESEND_API_KEY: start.secrets.resendApiKey,
      RESEND_WEBHOOK_SECRET: start.secrets.resendWebhookSecret,
    }),
    args: () =>
      standIn(
        "mail",
        ...[
          "--port",
          String(port),
          "--smtp-port",
          String(smtpPort),
          "--data-dir",
          path.join(start.dir, "mail"),
        ],
        ...["--webhook-url", `http://127.0.0.1:${start.port}/api/webhooks/resend`],
      ),
    onReady: ({ url, pid, smtpUrl }) => start.running.set("mail", { url, smtp_url: smtpUrl, pid }),
  });
  start.parts.push(part);
  return part.start();
}

async function startEngine(start: Start, databaseUrl: string, taken: Set<number>): Promise<{ url: string }> {
  const port = await nextFreePort(ENGINE_PORT, taken);
  taken.add(port);
  const endpoint = `http://127.0.0.1:${start.port}/api/inngest`;
  const { devServer, secrets } = start;
  const part = createPart({
    ...partOptions(start, "inngest", {
      DATABASE_URL: databaseUrl,
      ...(devServer
        ? {}
        : { INNGEST_EVENT_KEY: secrets.inngestEventKey, INNGEST_SIGNING_KEY: secrets.inngestSigningKey }),
    }),
    args: () =>
      devServer
        ? ["local/run-with-parent.mjs", devServer, ...devServerArguments(endpoint, port)]
        : standIn(
            "inngest",
            "--port",
            String(port),
            "--app-url",
            endpoint,
            ...(isLoopbackUrl(start.appUrl) ? ["--clock"] : []),
          ),
    ...(devServer ? { probe: () => waitUntilAnswers(`http://127.0.0.1:${port}/health`) } : {}),
    onReady: ({ url, pid }) => start.running.set("inngest", { url: new URL(url).origin, pid }),
  });
  start.parts.push(part);
  const ready = await part.start();
  return { url: new URL(ready.url).origin };
}

/** The app's own variables, over what is in the environment already. */
function appEnvironment(
  start: Start,
  parts: { databaseUrl: string; mailUrl: string | null; engineUrl: string | null },
): Record<string, string | undefined> {
  const { secrets, devServer } = start;
  const engine = !parts.engineUrl
    ? {}
    : devServer
      ? { INNGEST_DEV: parts.engineUrl }
      : {
          INNGEST_BASE_URL: parts.engineUrl,
          INNGEST_EVENT_KEY: secrets.inngestEventKey,
          INNGEST_SIGNING_KEY: secrets.inngestSigningKey,
        };
  const mail = parts.mailUrl
    ? {
        RESEND_API_KEY: secrets.resendApiKey,
        RESEND_BASE_URL: parts.mailUrl,
        RESEND_WEBHOOK_SECRET: secrets.resendWebhookSecret,
        INBOX_URL: parts.mailUrl,
      }
    : {};
  return {
    APP_SECRET: process.env.APP_SECRET || secrets.appSecret,
    OPS_PASSWORD: process.env.OPS_PASSWORD || secrets.opsPassword,
    ...engine,
    ...mail,
    DATABASE_URL: parts.databaseUrl,
    APP_URL: start.appUrl,
    PORT: String(start.port),
    NODE_ENV: start.isDev ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
  };
}

async function startApp(start: Start, env: Record<string, string | undefined>): Promise<void> {
  const { port, isDev } = start;
  const host = isLoopbackUrl(start.appUrl) ? ["-H", "127.0.0.1"] : [];
  const withParent = pathToFileURL(path.join(start.root, "local/with-parent.mjs")).href;
  // `next dev` works in a child of its own, which inherits this; `next start` is one process.
  const nodeOptions = [process.env.NODE_OPTIONS, `--import=${withParent}`].filter(Boolean).join(" ");
  const part = createPart({
    ...partOptions(start, "app", { ...env, ...(isDev ? { NODE_OPTIONS: nodeOptions } : {}) }),
    args: () => [
      ...(isDev ? [] : ["--import", withParent]),
      "node_modules/next/dist/bin/next",
      isDev ? "dev" : "start",
      ...["-p", String(port), ...host],
    ],
    probe: () => waitUntilAnswers(`http://127.0.0.1:${port}/api/health`),
    onReady: ({ pid }) => start.running.set("app", { url: start.appUrl.replace(/\/+$/, ""), pid }),
  });
  start.parts.push(part);
  say("starting the app …");
  await part.start();
}

/** Settles with the address once it answers 200; never rejects, since the part's own time limit ends the wait. */
async function waitUntilAnswers(url: string): Promise<string> {
  for (;;) {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch(() => null);
    if (response?.ok) return url;
    await delay(50);
  }
}

const SYNC_TIMEOUT_MS = 15_000;

/** An event sent to an engine that does not know the app yet starts nothing: the start is over only after that. */
async function waitForSync(engineUrl: string, signingKey: string): Promise<void> {
  const [prefix, hex] = [signingKey.replace(/[0-9a-f]+$/, ""), /[0-9a-f]+$/.exec(signingKey)?.[0] ?? ""];
  const bearer = `${prefix}${createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex")}`;
  for (const deadline = Date.now() + SYNC_TIMEOUT_MS; Date.now() < deadline; await delay(100)) {
    const response = await fetch(`${engineUrl}/v2/apps`, {
      headers: { authorization: `Bearer ${bearer}` },
    }).catch(() => null);
    if (response?.ok && /"latchkey"/.test(await response.text())) return;
  }
  say("The engine has not registered the app's functions yet; it goes on trying.");
}

function migrate(start: Start, databaseUrl: string): Promise<void> {
  const output = createLineWriter(path.join(start.dir, "logs"), "latchkey");
  const child = spawn(process.execPath, ["--import", "tsx", "db/migrate.ts"], {
    cwd: start.root,
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", output);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      code === 0
        ? resolve()
        : reject(
            new Error(
              `The database could not be brought up to date (exit ${code ?? signal}); what it said is above.`,
            ),
          ),
    );
  });
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
