// The product under test, as it describes itself while it runs.
import { readFileSync } from "node:fs";
import path from "node:path";

export type Part = { url: string; pid: number };
export type Running = { app: Part; postgres: Part; inngest: Part; mail: Part & { smtp_url?: string } };

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Reads running.json of the product that the e2e run started. Throws when it does not run. */
export function readRunning(): Running {
  const folder = process.env.LATCHKEY_DIR ?? ".latchkey/e2e";
  return JSON.parse(readFileSync(path.resolve(ROOT, folder, "running.json"), "utf8")) as Running;
}
