// Puts the parts together: one object that main.ts runs and tests drive.
import type { Server } from "node:http";
import path from "node:path";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { Aftermath } from "./aftermath.ts";
import { createApp } from "./app.ts";
import { DialStore } from "./dial.ts";
import { Intake } from "./intake.ts";
import { type Smtp, startSmtp } from "./smtp.ts";
import { KEY_LIFETIME_MS, MAILS_MAX, Store } from "./store.ts";
import { Webhooks } from "./webhooks.ts";

export type MailOptions = {
  /** 0 takes any free port. */
  port: number;
  smtpPort: number;
  /** Journal and fault dial; made when missing. */
  dataDir: string;
  webhookUrl: string | null;
  webhookSecret: string | null;
  /** Null: any key is good. */
  apiKey: string | null;
  webhookRetryDelaysMs?: readonly number[];
  log: (message: string) => void;
};

/** Hanging requests among them: trouble on order must not use up the process. */
const CONNECTIONS_MAX = 2_000;

export type MailServer = { url: string; smtpUrl: string; stop(): Promise<void> };

/** Rejects with a sentence when a port is taken, the folder cannot be used, or the webhooks cannot be signed. */
export async function startMail(options: MailOptions): Promise<MailServer> {
  const { log, apiKey } = options;
  const webhooks = new Webhooks({
    url: options.webhookUrl,
    secret: options.webhookSecret,
    log,
    ...(options.webhookRetryDelaysMs ? { retryDelaysMs: options.webhookRetryDelaysMs } : {}),
  });

  // The port first: whoever holds it also holds the folder, which must not have two writers. Requests wait meanwhile.
  let open: (app: Hono<{ Bindings: HttpBindings }>) => void = () => {};
  const opened = new Promise<Hono<{ Bindings: HttpBindings }>>((resolve) => {
    open = resolve;
  });
  const http = createAdaptorServer({
    fetch: async (request, bindings) => (await opened).fetch(request, bindings),
  }) as Server;
  http.maxConnections = CONNECTIONS_MAX;
  await listen(http, options.port);
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const url = `http://127.0.0.1:${port}`;

  try {
    const dataDir = path.resolve(options.dataDir);
    const { store, skippedLines } = await Store.open(dataDir);
    if (skippedLines > 0) log(`${skippedLines} lines of the journal made no sense and were left out.`);
    const { dial, problem } = await DialStore.open(dataDir);
    if (problem) log(problem);
    const aftermath = new Aftermath(store, webhooks, log);
    const intake = new Intake(store, dial, aftermath);
    const smtp = await startSmtp({ intake, apiKey, port: options.smtpPort, log }).catch((error: unknown) => {
      throw describeListenError(error, options.smtpPort, "--smtp-port");
    });
    const smtpUrl = `smtp://127.0.0.1:${smtp.port}`;
    open(createApp({ store, dial, aftermath, intake, webhooks, apiKey, url, smtpUrl, log }));
    const youngest = new Date(Date.now() - KEY_LIFETIME_MS);
    aftermath.resume(store.list({ since: youngest, limit: MAILS_MAX }).reverse());
    return { url, smtpUrl, stop: () => stop({ http, smtp, store, aftermath, webhooks }) };
  } catch (error) {
    http.close();
    http.closeAllConnections();
    throw error;
  }
}

/** Cuts what is open: nothing unanswered has been promised, and what was answered is on disk. */
async function stop(parts: {
  http: Server;
  smtp: Smtp;
  store: Store;
  aftermath: Aftermath;
  webhooks: Webhooks;
}): Promise<void> {
  parts.aftermath.stop();
  parts.webhooks.stop();
  const closed = new Promise<void>((resolve) => parts.http.close(() => resolve()));
  parts.http.closeAllConnections();
  await Promise.all([closed, parts.smtp.stop()]);
  await parts.store.close();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(describeListenError(error, port, "--port")));
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

function describeListenError(error: unknown, port: number, option: string): Error {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") {
    return new Error(`Port ${port} is taken by another program. Stop it, or choose another with ${option}.`);
  }
  if (code === "EACCES")
    return new Error(`Port ${port} may not be used by this user. Choose another with ${option}.`);
  return error instanceof Error ? error : new Error(String(error));
}
