// One Postgres for all integration tests: the product's own stand-in, or the server TEST_DATABASE_URL names.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

const ROOT = path.resolve(import.meta.dirname, "../..");

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) {
    project.provide("postgresUrl", given);
    return undefined;
  }
  const child = spawn(process.execPath, ["local/run.mjs", "postgres", "--dir", ".latchkey/test"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const url = await readyUrl(child);
  await forgoDurability(url);
  project.provide("postgresUrl", url);
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  };
}

/**
 * Nothing of this server outlives the tests, so it need not wait for the disk (PostgreSQL 18, section 14.5). Its
 * answers are the same.
 */
async function forgoDurability(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"])
    await sql`alter system set ${sql(setting)} to off`;
  await sql`select pg_reload_conf()`;
  await sql.end();
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on(
      "message",
      (message: { type: string; url: string }) => message.type === "ready" && resolve(message.url),
    );
    child.once("exit", (code) => reject(new Error(`Postgres did not start (exit ${code})`)));
  });
}
