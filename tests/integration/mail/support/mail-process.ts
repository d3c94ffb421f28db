// The mail stand-in as it really runs: a process of its own, on free ports, with a folder of its own.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const RUN = path.resolve(import.meta.dirname, "../../../../local/run.mjs");
const START_MS = 45_000;

export type Mail = {
  id: string;
  to: string[];
  cc: string[];
  bcc: string[];
  from: string;
  subject: string;
  received_at: string;
  via: "resend" | "smtp";
  html: string | null;
  text: string | null;
  state: string;
  tries: number;
  message_id: string;
  idempotency_key: string | null;
  duplicate_of: string | null;
  headers: { name: string; value: string }[];
  attachments: { filename: string; content_type: string; size_bytes: number }[];
  events: { type: string; at: string; webhook: string; webhook_tries: number }[];
  raw: string | null;
};

export type MailProcess = {
  url: string;
  smtpPort: number;
  dataDir: string;
  child: ChildProcess;
  /** What it printed so far. */
  output: () => string;
  /** The mails to an address, newest first. */
  mailsTo: (address: string) => Promise<Mail[]>;
  /** One mail with its content. */
  mail: (id: string) => Promise<Mail>;
  setFaults: (dial: object) => Promise<void>;
  calm: () => Promise<void>;
  /** Ends it at once, without a chance to tidy up. */
  kill: () => Promise<void>;
  /** Ends it as Ctrl-C does and removes its folder. */
  stop: () => Promise<void>;
};

export type Start = {
  dataDir?: string;
  args?: readonly string[];
  env?: Record<string, string>;
};

/** Starts it and waits until it says that it is ready. Rejects with what it printed when it ends instead. */
export async function startMailProcess({ dataDir, args = [], env = {} }: Start = {}): Promise<MailProcess> {
  const folder = dataDir ?? (await mkdtemp(path.join(tmpdir(), "latchkey-mail-")));
  const { RESEND_API_KEY: _key, RESEND_WEBHOOK_SECRET: _secret, ...inherited } = process.env;
  const child = fork(RUN, ["mail", "--port", "0", "--smtp-port", "0", "--data-dir", folder, ...args], {
    execArgv: [],
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ready = await new Promise<{ url: string; smtpUrl: string }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`It was not ready in time:\n${output}`)), START_MS);
    child.on("message", (message: { type?: string; url: string; smtpUrl: string }) => {
      if (message.type !== "ready") return;
      clearTimeout(timer);
      resolve(message);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      // What it printed last may still be on its way.
      setImmediate(() => reject(new Error(`It ended with ${code}:\n${output}`)));
    });
  });
  const { url } = ready;
  const getJson = async <T>(path: string) => (await (await fetch(url + path)).json()) as T;
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url,
    smtpPort: Number(new URL(ready.smtpUrl).port),
    dataDir: folder,
    child,
    output: () => output,
    mailsTo: async (address) =>
      (await getJson<{ mails: Mail[] }>(`/_/mails?${new URLSearchParams({ to: address })}`)).mails,
    mail: (id) => getJson<Mail>(`/_/mails/${id}`),
    setFaults: async (dial) => {
      const response = await fetch(`${url}/_/faults`, { method: "PUT", body: JSON.stringify(dial) });
      if (!response.ok) throw new Error(`The dial refused: ${await response.text()}`);
    },
    calm: async () => void (await fetch(`${url}/_/faults`, { method: "DELETE" })),
    kill,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let counter = 0;

/** An address nobody else uses: `ada7+retry2@example.com`. */
export function someone(...tags: string[]): string {
  counter += 1;
  return [`ada${counter}`, ...tags].join("+").concat("@example.com");
}

/** Waits until `check` gives something, looking every 25 ms. Throws with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
