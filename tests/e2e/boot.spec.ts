// What stops the start of a production server: the built app itself, as a container would run it.
import { spawn } from "node:child_process";
import { expect, test } from "@playwright/test";
import postgres from "postgres";
import { readRunning } from "../support/running";

test.describe.configure({ mode: "default" });

const START_TIMEOUT_MS = 60_000;

/** Empty, and nobody else's: a server that starts looks after the mails it finds in its database. */
const DATABASE = "boot";

async function manageDatabase(work: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  await work(admin);
  await admin.end();
}
const drop = (admin: postgres.Sql) => admin`drop database if exists ${admin(DATABASE)} with (force)`;

test.beforeAll(() =>
  manageDatabase(async (admin) => {
    await drop(admin);
    await admin`create database ${admin(DATABASE)}`;
  }),
);
test.afterAll(() => manageDatabase(drop));

function databaseUrl(): string {
  const url = new URL(readRunning().postgres.url);
  url.pathname = `/${DATABASE}`;
  return url.href;
}

/** Every variable of a real deployment, none of them weak; nothing here is called before the start. */
const complete = (): Record<string, string> => ({
  APP_URL: "https://latchkey.example",
  APP_SECRET: "4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
  DATABASE_URL: databaseUrl(),
  INNGEST_EVENT_KEY: "b5Zr8tQ1nVw3YkLm",
  INNGEST_SIGNING_KEY: "signkey-prod-8d41f09c27ab5e63b07e5c1a9f2d6438",
  SMTP_URL: "smtp://127.0.0.1:9",
  OPS_PASSWORD: "k7wq-9fzd-m3xa-t2hb",
  EMAIL_FROM: "Example <hello@latchkey.example>",
});

/** False when nobody listens any more. */
async function whenHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/api/health`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Starts it, and waits until it has ended by itself, or is ready; `visit` gets its address then, and it is ended. */
function startServer(
  change: Record<string, string>,
  visit: (url: string) => Promise<void> = async () => {},
): Promise<{ exit: number | null; said: string }> {
  const child = spawn(
    process.execPath,
    ["node_modules/next/dist/bin/next", "start", "-p", "0", "-H", "127.0.0.1"],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        ...complete(),
        ...change,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  return new Promise((resolve, reject) => {
    let isVisited = false;
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        said += chunk;
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
        if (isVisited || !url || !/Ready in/.test(said)) return;
        isVisited = true;
        // It says so before it has read its environment; one that ends for that never answers.
        whenHealthy(url)
          .then((isHealthy) => (isHealthy ? visit(url) : undefined))
          .catch(reject)
          .finally(() => child.kill("SIGTERM"));
      });
    child.once("exit", (exit) => {
      clearTimeout(timer);
      resolve({ exit, said });
    });
  });
}

test("ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4: with everything set the server starts, and over https its cookies are bound to the host", async () => {
  const { said } = await startServer({}, async (url) => {
    const answer = await fetch(`${url}/sign-out`, { method: "POST", redirect: "manual" });
    expect(answer.headers.get("set-cookie")).toMatch(
      /^__Host-[\w.]+=; Path=\/; HttpOnly; SameSite=Lax; Secure;/,
    );
    expect(answer.headers.get("strict-transport-security")).toMatch(/^max-age=63072000/);
    // Also the one that carries a refused form back.
    const refused = await fetch(`${url}/api/v1/usr/register`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ username: "a" }),
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(refused.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-latchkey\.flash=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=30$/,
      ),
    ]);
  });
  expect(said).toContain("Ready in");
  expect(said).not.toContain("cannot start");
});

test("ASVS 13.3.1, 11.2.3: missing and weak secrets stop it with one list of names, without a value", async () => {
  const { exit, said } = await startServer({
    APP_SECRET: "changeme-changeme-changeme-changeme",
    OPS_PASSWORD: "",
    EMAIL_FROM: "",
    INNGEST_SIGNING_KEY: "signkey-prod-00",
    INNGEST_EVENT_KEY: "keyboardcat12345",
  });
  expect(exit).toBe(1);
  expect(said).toContain("Latchkey cannot start; mend these environment variables:");
  for (const name of ["APP_SECRET", "OPS_PASSWORD", "EMAIL_FROM", "INNGEST_SIGNING_KEY", "INNGEST_EVENT_KEY"])
    expect(said).toContain(name);
  expect(said).not.toMatch(/changeme-|keyboardcat/);
});

test("ASVS 13.2.3, 16.5.3: no stand-in takes the place of what is missing beside real services", async () => {
  const { exit, said } = await startServer({
    SMTP_URL: "",
    INNGEST_EVENT_KEY: "",
    INNGEST_SIGNING_KEY: "",
    DATABASE_URL: "",
  });
  expect(exit).toBe(1);
  for (const name of ["DATABASE_URL", "RESEND_API_KEY", "INNGEST_SIGNING_KEY", "INNGEST_EVENT_KEY"])
    expect(said).toContain(`${name} is missing`);
});

/** `npm start` with `settings` on top of a complete configuration; settles when it ends. */
async function startProduct(settings: Record<string, string>): Promise<{ exit: unknown; said: string }> {
  const child = spawn(process.execPath, ["local/start.mjs"], {
    env: {
      ...process.env,
      ...complete(),
      PORT: "",
      LATCHKEY_DIR: ".latchkey/e2e-boot",
      // Nobody listens there: it is not asked.
      DATABASE_URL: "postgres://latchkey@127.0.0.1:9/latchkey",
      NODE_ENV: "production",
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  const exit = await new Promise((resolve) => child.once("close", resolve));
  return { exit, said };
}

test("npm start says so too, before it builds or migrates", async () => {
  const { exit, said } = await startProduct({
    APP_SECRET: "changeme-changeme-changeme-changeme",
    EMAIL_TIMEOUT: "soon",
  });
  expect(exit).toBe(1);
  expect(said).toContain("Latchkey cannot start; mend these environment variables:");
  for (const name of ["APP_SECRET", "EMAIL_TIMEOUT"]) expect(said).toContain(name);
  expect(said).not.toMatch(/changeme-|building the app|could not be brought up to date/);
});

test("npm start does not take a forgotten APP_URL for this machine's when every service is real", async () => {
  const { exit, said } = await startProduct({ APP_URL: "", OPS_PASSWORD: "" });
  expect(exit).toBe(1);
  for (const name of ["APP_URL", "OPS_PASSWORD"]) expect(said).toContain(`${name} is missing`);
});
