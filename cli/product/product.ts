// The built product as it would run in production: two app processes behind a balancer, one database, one engine, one
// mail provider. All of them are processes of their own, reached over HTTP, SMTP and the Postgres protocol.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type Balancer, startBalancer } from "./balancer";
import { findFreePorts } from "./free-ports";
import { createPart, type Part } from "./part";
import { ensureBuild, type Folder, isolatedEnvironment, makeFolder } from "./places";

/** By which the product sends. */
export type Transport = "resend" | "smtp";

export const APPS = ["app-a", "app-b"] as const;
export type AppName = (typeof APPS)[number];

export type Product = {
  apps: Record<AppName, { part: Part; url: string }>;
  engine: { part: Part; url: string };
  postgres: { part: Part; url: string };
  mail: { part: Part; url: string };
  /** Where people reach it: one of the app processes in turn. */
  url: string;
  opsPassword: string;
  /** Processes that ended although nobody killed them. */
  ended: { part: string; how: string }[];
};

/** What makes a run quick and leaves every rule as it is: the mails' schedule is the default one. */
export const SETTINGS = {
  RATE_LIMITS: "off", // one machine registers everybody
  EMAIL_QUEUE_DELAY: "2",
  EMAIL_MAX_RETRIES: "5",
  EMAIL_RETRY_BASE: "60",
  EMAIL_RETRY_MAX: "900",
  // A lease lasts this and 15 s, and a lost one is waited for in real time.
  EMAIL_TIMEOUT: "1",
  EMAIL_SYNC_BUDGET: "0.7",
  EMAIL_WATCHDOG_AFTER: "10",
  EMAIL_MODE: "async",
  EMAIL_WELCOME: "on",
  LOG_LEVEL: "info",
} as const;

export type Setup = {
  root: string;
  /** Where logs that are kept go: `.latchkey/<name>`. */
  name: string;
  transport: Transport;
  /** On top of SETTINGS, for the apps. */
  settings?: Record<string, string>;
  /** For the apps' processes and the engine's, whatever they are set to. */
  watched?: Record<string, string>;
  /** What stands in front of the app processes, by their ports: a balancer of connections when it is not given. */
  front?: (ports: readonly number[]) => Promise<Balancer>;
};
type Secrets = ReturnType<typeof makeSecrets>;

/** What a run has of its own while it lasts. */
export type Run = {
  product: Product;
  /** Everything that was started, Postgres first. */
  parts: readonly Part[];
  /** Called at the end, once the parts have stopped: the last one first. */
  onEnd(close: () => Promise<void>): void;
  /** What the processes said is kept, as it is when the run throws. */
  keepLogs(): void;
};

/** Builds and starts a product, works with it, and leaves no process and no folder behind, also when `work` throws. */
export async function withProduct<T>(
  setup: Setup,
  say: (line: string) => void,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  await ensureBuild(setup.root);
  const folder = makeFolder();
  const parts: Part[] = [];
  const closers: (() => Promise<void>)[] = [];
  let isKept = true;
  try {
    say("starting Postgres, the engine, the mail provider and two app processes …");
    const product = await startProduct(setup, folder, parts, closers);
    let isAsked = false;
    const result = await work({
      product,
      parts,
      onEnd: (close) => void closers.unshift(close),
      keepLogs: () => {
        isAsked = true;
      },
    });
    isKept = isAsked;
    return result;
  } finally {
    // The apps first, Postgres last: nobody is left without what it needs.
    for (const part of parts.toReversed()) await part.stop();
    for (const close of closers) await close().catch(() => {});
    if (isKept) {
      folder.keepLogs(path.join(setup.root, ".latchkey", setup.name));
      say(`what the processes said is in .latchkey/${setup.name}/`);
    }
    folder.remove();
  }
}

/** Each part is in `parts` before it starts, so that what is there can be stopped when this throws. */
async function startProduct(
  setup: Setup,
  folder: Folder,
  parts: Part[],
  closers: (() => Promise<void>)[],
): Promise<Product> {
  const { root, transport, settings = {}, watched = {}, front = startBalancer } = setup;
  const secrets = makeSecrets();
  const ended: Product["ended"] = [];
  const ports = await findFreePorts(6);
  const [portA = 0, portB = 0, enginePort = 0, mailPort = 0, smtpPort = 0, databasePort = 0] = ports;
  const balancer = await front([portA, portB]);
  closers.push(() => balancer.close());
  const publicUrl = `http://127.0.0.1:${balancer.port}`;

  const add = (name: string, env: Record<string, string>, args: () => string[], probe?: Probe): Part => {
    const part = createPart({
      name,
      args,
      cwd: root,
      env: isolatedEnvironment(root, env),
      logFile: path.join(folder.logs, `${name}.log`),
      stopSignal: name === "postgres" ? "SIGTERM" : "SIGKILL",
      onEnd: (how) => ended.push({ part: name, how }),
      ...(probe ? { probe } : {}),
    });
    parts.push(part);
    return part;
  };

  const postgres = add("postgres", {}, () =>
    standIn("postgres", "--dir", folder.data, "--port", String(databasePort)),
  );
  const databaseUrl = (await postgres.start()).url;
  await migrate(root, databaseUrl);

  const mailSecrets = { RESEND_API_KEY: secrets.resendApiKey, RESEND_WEBHOOK_SECRET: secrets.webhookSecret };
  const webhooks = transport === "resend" ? ["--webhook-url", `${publicUrl}/api/webhooks/resend`] : [];
  const mail = add("mail", mailSecrets, () =>
    standIn(
      ...(["mail", "--port", String(mailPort), "--smtp-port", String(smtpPort)] as const),
      ...["--data-dir", folder.mail, ...webhooks],
    ),
  );
  const engineSecrets = {
    INNGEST_EVENT_KEY: secrets.eventKey,
    INNGEST_SIGNING_KEY: secrets.signingKey,
  };
  const engine = add("engine", { DATABASE_URL: databaseUrl, ...engineSecrets, ...watched }, () =>
    standIn("inngest", "--port", String(enginePort), "--app-url", `${publicUrl}/api/inngest`, "--clock"),
  );
  const mailUrl = `http://127.0.0.1:${mailPort}`;
  const engineUrl = `http://127.0.0.1:${enginePort}`;
  const appEnv = {
    ...SETTINGS,
    ...settings,
    ...watched,
    ...engineSecrets,
    APP_URL: publicUrl,
    APP_SECRET: secrets.appSecret,
    OPS_PASSWORD: secrets.opsPassword,
    DATABASE_URL: databaseUrl,
    INNGEST_BASE_URL: engineUrl,
    ...(transport === "resend"
      ? { ...mailSecrets, RESEND_BASE_URL: mailUrl }
      : { SMTP_URL: `smtp://chaos:${secrets.resendApiKey}@127.0.0.1:${smtpPort}` }),
  };
  const app = (name: AppName, port: number) => {
    const url = `http://127.0.0.1:${port}`;
    const env = { ...appEnv, PORT: String(port) };
    const part = add(
      name,
      env,
      () => appArguments(root, port),
      (signal) => untilHealthy(`${url}/api/health`, signal),
    );
    return { part, url };
  };
  const apps = { "app-a": app("app-a", portA), "app-b": app("app-b", portB) };
  await Promise.all([mail.start(), engine.start(), apps["app-a"].part.start(), apps["app-b"].part.start()]);
  await untilRegistered(engineUrl, secrets);
  return {
    apps,
    engine: { part: engine, url: engineUrl },
    postgres: { part: postgres, url: databaseUrl },
    mail: { part: mail, url: mailUrl },
    url: publicUrl,
    opsPassword: secrets.opsPassword,
    ended,
  };
}

type Probe = (signal: AbortSignal) => Promise<string>;

const standIn = (name: string, ...args: string[]) => ["local/run.mjs", name, ...args];

function appArguments(root: string, port: number): string[] {
  // As the start does: ends it when we are gone, and spares it Next's compiler and garbage.
  const before = ["local/with-parent.mjs", "local/built-config.mjs"].flatMap((file) => [
    "--import",
    pathToFileURL(path.join(root, file)).href,
  ]);
  return [
    "--max-semi-space-size=8",
    ...before,
    "node_modules/next/dist/bin/next",
    "start",
    "-p",
    String(port),
    "-H",
    "127.0.0.1",
  ];
}

function makeSecrets() {
  const random = () => randomBytes(32).toString("base64url");
  return {
    appSecret: random(),
    opsPassword: random(),
    eventKey: random(),
    signingKey: `signkey-prod-${randomBytes(32).toString("hex")}`,
    resendApiKey: `re_chaos_${randomBytes(16).toString("hex")}`,
    webhookSecret: `whsec_${randomBytes(24).toString("base64")}`,
  };
}

async function migrate(root: string, databaseUrl: string): Promise<void> {
  const child = spawn(process.execPath, ["local/run.mjs", "migrate"], {
    cwd: root,
    env: isolatedEnvironment(root, { DATABASE_URL: databaseUrl }),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error("The database could not be brought up to date.");
}

async function untilHealthy(url: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    if (response?.ok) return url;
    signal.throwIfAborted();
    await delay(50);
  }
}

const REGISTER_TIMEOUT_MS = 30_000;

/** An event sent before the engine knows the app's functions starts nothing. */
async function untilRegistered(engineUrl: string, { signingKey }: Secrets): Promise<void> {
  const hex = signingKey.slice("signkey-prod-".length);
  const bearer = `signkey-prod-${await sha256(Buffer.from(hex, "hex"))}`;
  for (const deadline = Date.now() + REGISTER_TIMEOUT_MS; Date.now() < deadline; await delay(100)) {
    const headers = { authorization: `Bearer ${bearer}` };
    const response = await fetch(`${engineUrl}/v2/apps`, { headers }).catch(() => null);
    if (response?.ok && /"latchkey"/.test(await response.text())) return;
  }
  throw new Error("The engine did not take over the app's functions.");
}

async function sha256(bytes: Buffer<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
