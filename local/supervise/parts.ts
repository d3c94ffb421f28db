// The parts of the product: how each is started, and when it is ready.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { devServerArguments } from "./dev-server";
import { NotReadyError } from "./not-ready";
import { createLineWriter, say } from "./output";
import { createPart, type Part, type PartOptions } from "./part";
import { isLoopbackUrl, type Plan } from "./plan";
import { findNextPort, type HeldPort, isPortFree, isPortTaken, launchOnFreePorts } from "./ports";
import type { RunningFile } from "./processes";
import { runProgram } from "./program";
import type { Secrets } from "./secrets";
import { waitUntilAnswers } from "./waiting";

const ENGINE_PORT = 8288;
const MAIL_PORT = 8025;
const SMTP_PORT = 1025;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
/** The app may have to be built first; whether it comes up we see ourselves. */
const APP_PATIENCE_SECONDS = 600;
/**
 * How long the app keeps a connection that nobody uses: longer than a proxy in front does (Caddy two minutes, nginx
 * one). Who ends it first must be the proxy, which else sends a registration into a connection that is just ending and
 * answers 502. Node's own five seconds are for browsers. As KEEP_ALIVE_TIMEOUT in the Dockerfile.
 */
const KEEP_ALIVE_MS = 125_000;
/** Half of V8's usual space for new objects, in MB: docs/decisions/033. */
const SMALL_NURSERY = "--max-semi-space-size=8";
/** It answers what was sent to it (inngest/drain.ts), and lets mails that are being handed over end: EMAIL_TIMEOUT, and some. */
const APP_STOP_TIMEOUT_MS = 25_000;

/** Everything one start knows, gathered step by step. */
export type Start = {
  root: string;
  dir: string;
  isDev: boolean;
  plan: Plan;
  secrets: Secrets;
  port: number;
  /** Nobody else takes the app's port until the app does. */
  heldPort: HeldPort;
  appUrl: string;
  devServer: string | null;
  running: RunningFile;
  /** Aborted when the start is to stop. */
  signal: AbortSignal;
  /** In the order they were started; stopped the other way round. */
  parts: Part[];
  /** Builds and migrations under way: they settle when they are gone. */
  programs: Promise<unknown>[];
  /** Where the stand-ins are, as far as they are up. */
  addresses: Addresses;
  /** Called when an address has changed under those who know it. */
  onMoved: (() => void)[];
};

export type Addresses = { databaseUrl: string; mailUrl: string | null; engineUrl: string | null };

/**
 * Notes where a stand-in is. When that has changed (another program took its port while it was down), those who know
 * the old address are started again with the new one.
 */
function noteAddress<Name extends keyof Addresses>(start: Start, name: Name, url: Addresses[Name]): void {
  const before = start.addresses[name];
  start.addresses[name] = url;
  if (before && before !== url) for (const tell of start.onMoved) tell();
}

/**
 * The ports for a restart: the same, or the next free ones where another program took one of them while the part was
 * down. Chosen right before the launch, as at the first start; what is lost even so, is chosen anew at the next try.
 */
async function choosePortsAgain(name: string, ports: readonly number[], reason: string): Promise<number[]> {
  const step = isPortTaken(reason) ? 1 : 0;
  const chosen: number[] = [];
  for (const port of ports) chosen.push(await findNextPort(port + step));
  if (chosen.some((port, index) => port !== ports[index])) sayMoved(name, chosen.join(" and "));
  return chosen;
}

const sayMoved = (name: string, port: string) =>
  say(
    `Another program took the port of ${name} while it was down; it takes ${port}, and the parts that know it start again.`,
  );

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

const standIn = (name: string, ...args: string[]) => ["local/run.mjs", name, ...args];

export async function startPostgres(start: Start): Promise<string> {
  if (start.plan.postgres === "configured") return process.env.DATABASE_URL ?? "";
  // After its first start the others know the port: it must come back there.
  let port: string[] = [];
  const part = createPart({
    ...partOptions(start, "postgres", {}),
    args: () => standIn("postgres", "--dir", start.dir, ...port),
    onReady: ({ url, pid }) => {
      port = ["--port", new URL(url).port];
      start.running.set("postgres", { url, pid });
      noteAddress(start, "databaseUrl", url);
    },
    beforeRestart: async (reason) => {
      // Whether its port is really lost it knows itself: a server of ours may still be there, to be adopted.
      if (!isPortTaken(reason)) return;
      port = [];
      sayMoved("postgres", "another one");
    },
    stopTimeoutMs: 2 * STOP_TIMEOUT_MS,
    isSupervisor: true,
  });
  start.parts.push(part);
  return (await part.start()).url;
}

export async function startMail(start: Start): Promise<{ url: string }> {
  let [port, smtpPort] = [MAIL_PORT, SMTP_PORT];
  const part = createPart({
    ...partOptions(start, "mail", {
      RESEND_API_KEY: start.secrets.resendApiKey,
      RESEND_WEBHOOK_SECRET: start.secrets.resendWebhookSecret,
    }),
    args: () =>
      standIn(
        "mail",
        ...["--port", String(port), "--smtp-port", String(smtpPort)],
        ...["--data-dir", path.join(start.dir, "mail")],
        ...["--webhook-url", `http://127.0.0.1:${start.port}/api/webhooks/resend`],
      ),
    onReady: ({ url, pid, smtpUrl }) => {
      start.running.set("mail", { url, smtp_url: smtpUrl, pid });
      noteAddress(start, "mailUrl", url);
    },
    beforeRestart: async (reason) => {
      [port = port, smtpPort = smtpPort] = await choosePortsAgain("mail", [port, smtpPort], reason);
    },
  });
  start.parts.push(part);
  const launch = ([first = port, second = smtpPort]: number[]) => {
    [port, smtpPort] = [first, second];
    return part.start();
  };
  return launchOnFreePorts([port, smtpPort], launch, { say, signal: start.signal });
}

export async function startEngine(start: Start, databaseUrl: string): Promise<{ url: string }> {
  start.signal.throwIfAborted();
  let port = ENGINE_PORT;
  let isFirst = true;
  const endpoint = `http://127.0.0.1:${start.port}/api/inngest`;
  const { devServer, secrets } = start;
  const options = partOptions(start, "inngest", {
    DATABASE_URL: databaseUrl,
    ...(devServer
      ? {}
      : { INNGEST_EVENT_KEY: secrets.inngestEventKey, INNGEST_SIGNING_KEY: secrets.inngestSigningKey }),
  });
  const part = createPart({
    ...options,
    args: () =>
      devServer
        ? ["local/run-with-parent.mjs", devServer, ...devServerArguments(endpoint, port)]
        : standIn(
            "inngest",
            ...["--port", String(port), "--app-url", endpoint],
            ...(isLoopbackUrl(start.appUrl) ? ["--clock"] : []),
            // A restart of the engine goes on where it was; a start of the product begins with the real time.
            ...(isFirst ? ["--settle-clock", "--first-patience", String(APP_PATIENCE_SECONDS)] : []),
          ),
    ...(devServer ? { probe: () => waitUntilAnswers(`http://127.0.0.1:${port}/health`) } : {}),
    onReady: ({ url, pid }) => {
      isFirst = false;
      const { origin } = new URL(url);
      start.running.set("inngest", { url: origin, pid });
      noteAddress(start, "engineUrl", origin);
    },
    beforeRestart: async (reason) => {
      [port = port] = await choosePortsAgain("inngest", [port], reason);
    },
  });
  start.onMoved.push(() => {
    if (options.env.DATABASE_URL === start.addresses.databaseUrl) return;
    options.env.DATABASE_URL = start.addresses.databaseUrl;
    part.restart();
  });
  start.parts.push(part);
  const launch = ([first = port]: number[]) => {
    port = first;
    return part.start();
  };
  const ready = await launchOnFreePorts([port], launch, { say, signal: start.signal });
  return { url: new URL(ready.url).origin };
}

/** The app's own variables, over what is in the environment already. */
export function appEnvironment(start: Start, parts: Addresses): Record<string, string | undefined> {
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

/** Throws PortLostError when another program was quicker to take the app's port. */
export async function startApp(start: Start): Promise<void> {
  const { port, isDev } = start;
  const env = appEnvironment(start, start.addresses);
  const host = isLoopbackUrl(start.appUrl) ? ["-H", "127.0.0.1"] : [];
  const own = (file: string) => pathToFileURL(path.join(start.root, "local", file)).href;
  const withParent = own("with-parent.mjs");
  // `next dev` works in a child of its own, which inherits this; `next start` is one process.
  const nodeOptions = [process.env.NODE_OPTIONS, `--import=${withParent}`].filter(Boolean).join(" ");
  const options = partOptions(start, "app", { ...env, ...(isDev ? { NODE_OPTIONS: nodeOptions } : {}) });
  const part = createPart({
    ...options,
    args: () => [
      ...(isDev ? [] : [SMALL_NURSERY, "--import", withParent, "--import", own("built-config.mjs")]),
      "node_modules/next/dist/bin/next",
      isDev ? "dev" : "start",
      ...["-p", String(port), ...host],
      ...(isDev ? [] : ["--keepAliveTimeout", String(KEEP_ALIVE_MS)]),
    ],
    probe: () => waitUntilAnswers(`http://127.0.0.1:${port}/api/health`),
    // Its first compile counts as much as a build.
    ...(isDev ? { readyTimeoutMs: APP_PATIENCE_SECONDS * 1000 } : {}),
    stopTimeoutMs: APP_STOP_TIMEOUT_MS,
    onReady: ({ pid }) => start.running.set("app", { url: start.appUrl.replace(/\/+$/, ""), pid }),
  });
  start.signal.throwIfAborted();
  start.parts.push(part);
  say("starting the app …");
  start.onMoved.push(() => {
    Object.assign(options.env, appEnvironment(start, start.addresses));
    part.restart();
  });
  await start.heldPort.release();
  try {
    await part.start();
  } catch (error) {
    if (start.signal.aborted || error instanceof NotReadyError || (await isPortFree(port))) throw error;
    throw new PortLostError(port);
  }
}

/** Another program took the app's port in the moment between our letting go of it and the app's taking it. */
export class PortLostError extends Error {
  override readonly name = "PortLostError";
  constructor(port: number) {
    super(`Port ${port} was taken by another program while the app started.`);
  }
}

/** Throws a sentence when it fails, and the signal's reason when the start is stopped meanwhile. */
export async function migrate(start: Start, databaseUrl: string): Promise<void> {
  const ended = await runProgram({
    root: start.root,
    args: ["local/run.mjs", "migrate"],
    env: { ...process.env, DATABASE_URL: databaseUrl },
    output: createLineWriter(path.join(start.dir, "logs"), "latchkey"),
    signal: start.signal,
  });
  if (ended !== null)
    throw new Error(`The database could not be brought up to date (${ended}); what it said is above.`);
}

/** Stand in for addresses that are not known yet, where only their shape is looked at. */
const SOME_URL = "http://127.0.0.1:1";
const SOME_DATABASE = "postgres://latchkey@127.0.0.1/latchkey";

/**
 * Asks the app's own check of its environment, before the minutes that a build takes. Throws its list of complaints,
 * and the signal's reason when the start is stopped meanwhile.
 */
export async function checkSettings(start: Start): Promise<void> {
  const { plan } = start;
  const said: string[] = [];
  const ended = await runProgram({
    root: start.root,
    args: ["local/run.mjs", "check-env"],
    env: {
      ...process.env,
      ...appEnvironment(start, {
        databaseUrl: plan.postgres === "configured" ? (process.env.DATABASE_URL ?? "") : SOME_DATABASE,
        mailUrl: plan.mail === "configured" ? null : SOME_URL,
        engineUrl: plan.inngest === "configured" ? null : SOME_URL,
      }),
    },
    output: (chunk) => said.push(String(chunk)),
    signal: start.signal,
  });
  if (ended !== null) throw new Error(said.join("").trim());
}
