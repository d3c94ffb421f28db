// One Postgres for all integration tests: the product's own stand-in, or the server TEST_DATABASE_URL names.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
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
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "local/postgres/main.ts", "--dir", ".latchkey/test"],
    { cwd: ROOT, stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  project.provide("postgresUrl", await readyUrl(child));
  return async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  };
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
