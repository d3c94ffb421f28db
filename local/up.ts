// `npm start` and `npm run dev`: starts what is not configured, then the app, and stops all of it together.

import { existsSync } from "node:fs";
import path from "node:path";
import { explainDenied, giveAllToOwner, makeFolder, requireWritable } from "./ownership.mjs";
import { watchNpm } from "./processes.mjs";
import { holdAppPort, isPortGiven } from "./supervise/app-port";
import { ensureBuilt, giveBuildToOwner } from "./supervise/build";
import { findDevServer } from "./supervise/dev-server";
import { createLineWriter, paint, say } from "./supervise/output";
import type { Part } from "./supervise/part";
import {
  checkSettings,
  migrate,
  PortLostError,
  type Start,
  startApp,
  startEngine,
  startMail,
  startPostgres,
} from "./supervise/parts";
import { choosePlan, describeMix, listComplaints, mailsGoOutBy } from "./supervise/plan";
import { endLeftovers, openRunningFile, takeLock } from "./supervise/processes";
import { readSecrets } from "./supervise/secrets";
import { waitForSync, waitUntilWarm } from "./supervise/waiting";

/** Runs the product until it is stopped. Ends the process. */
export async function up(root: string, args: string[]): Promise<void> {
  const parts: Part[] = [];
  /** Builds and migrations under way. */
  const programs: Promise<unknown>[] = [];
  let release = () => {};
  let stopping: Promise<void> | undefined;
  const stopped = new AbortController();
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= (async () => {
      stopped.abort(new Error("The start was stopped."));
      await Promise.allSettled(programs);
      await stopParts(parts);
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
  const unwatch = watchNpm(() => {
    unwatch();
    say("npm, which started this, has ended: stopping …");
    void stop(0);
  });

  try {
    const dir = path.resolve(root, process.env.LATCHKEY_DIR ?? ".latchkey");
    makeFolder(dir);
    giveAllToOwner(dir);
    requireWritable(dir, { depth: 0 });
    // What is in the folder itself is replaced as a whole; what is in these is written on.
    for (const name of ["logs", "mail", "postgres.users"])
      requireWritable(path.join(dir, name), { depth: 1 });
    loadEnvFiles(root);
    const lock = await takeLock(dir, say);
    const running = openRunningFile(dir);
    release = () => {
      running.remove();
      lock.release();
      giveAllToOwner(dir);
      giveBuildToOwner(root);
    };
    await endLeftovers(dir, say);
    const known = {
      root,
      dir,
      isDev: args.includes("--dev"),
      running,
      parts,
      programs,
      signal: stopped.signal,
    };
    const { url, lines } = await startUntilUp(known);
    lock.setUrl(url);
    // Only now: the mail of who registers before the engine knows the app's functions waits for the watchdog.
    running.set("up", { pid: process.pid, ready: true });
    if (!stopping) say(lines);
  } catch (error) {
    if (stopping) return;
    console.error(`\n${explainDenied(error) ?? (error instanceof Error ? error.message : String(error))}`);
    await stop(1);
  }
}

/** The app first, Postgres last: nobody is left without what it needs. */
async function stopParts(parts: Part[]): Promise<void> {
  for (const part of [...parts].reverse()) await part.stop();
}

/** Starts all; again from the beginning when the app's port, which the other parts know, was lost to another program. */
async function startUntilUp(known: Known): Promise<{ url: string; lines: string }> {
  for (;;) {
    const start = await prepare(known);
    known.running.set("up", { pid: process.pid });
    try {
      return { url: start.appUrl, lines: await startAll(start) };
    } catch (error) {
      if (!(error instanceof PortLostError) || isPortGiven() || known.signal.aborted) throw error;
      say(`${error.message} Starting again with another one.`);
      await stopParts(known.parts);
      known.parts.length = 0;
    }
  }
}

function loadEnvFiles(root: string): void {
  // Neither overrides what the environment already says; the first file wins over the second.
  for (const name of [".env.local", ".env"]) {
    const file = path.join(root, name);
    if (existsSync(file)) process.loadEnvFile(file);
  }
}

type Known = Pick<Start, "root" | "dir" | "isDev" | "running" | "parts" | "programs" | "signal">;

async function prepare(known: Known): Promise<Start> {
  const devServer = known.isDev ? findDevServer(known.root) : null;
  const plan = choosePlan(process.env, devServer !== null);
  const complaints = listComplaints(process.env, plan);
  if (complaints.length > 0)
    throw new Error(
      `Latchkey cannot start; mend these environment variables:\n${complaints.map((line) => `  ${line}`).join("\n")}`,
    );
  const mix = describeMix(plan);
  if (mix) say(mix);
  const heldPort = await holdAppPort(say);
  const { port } = heldPort;
  return {
    ...known,
    plan,
    devServer,
    port,
    heldPort,
    appUrl: process.env.APP_URL || `http://localhost:${port}`,
    secrets: readSecrets(known.dir),
    addresses: { databaseUrl: process.env.DATABASE_URL ?? "", mailUrl: null, engineUrl: null },
    onMoved: [],
  };
}

/** What does not need each other starts together; the first that fails ends the start. */
async function startAll(start: Start): Promise<string> {
  const { root, plan, isDev, signal } = start;
  const output = createLineWriter(path.join(start.dir, "logs"), "latchkey");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  const database = startPostgres(start);
  const track = <T>(program: Promise<T>) => {
    start.programs.push(program);
    return program;
  };
  const checked = track(checkSettings(start));
  const migrating = Promise.all([database, checked]).then(([url]) => track(migrate(start, url)));
  const building = isDev ? false : checked.then(() => track(ensureBuilt({ root, env, say, output, signal })));
  // The engine makes its own schema, beside the app's.
  const [mail, engine] = await Promise.all([
    plan.mail === "stand-in" ? startMail(start) : null,
    plan.inngest === "configured" ? null : database.then((url) => startEngine(start, url)),
    migrating,
    building,
  ]);
  await startApp(start);
  await Promise.all([
    // With hot reload pages are built when they are asked for: nothing is warm there.
    isDev ? null : waitUntilWarm(start.port, signal),
    engine && plan.inngest === "stand-in" ? waitForSync(engine.url, start.secrets.inngestSigningKey) : null,
  ]);
  return closingLines(start, mail?.url ?? null, engine?.url ?? null);
}

function closingLines(start: Start, mailUrl: string | null, engineUrl: string | null): string {
  const { OPS_PASSWORD, INNGEST_BASE_URL } = process.env;
  const rows: [string, string][] = [
    ["app", start.appUrl],
    ["inbox", mailUrl ?? mailsGoOutBy(process.env)],
    ["engine", engineUrl ?? INNGEST_BASE_URL ?? "Inngest Cloud: https://app.inngest.com"],
    ["operator", OPS_PASSWORD ? "the password in OPS_PASSWORD" : start.secrets.opsPassword],
  ];
  return `\n${rows.map(([name, value]) => `  ${paint(name.padEnd(10), 1)} ${value}`).join("\n")}\n`;
}
