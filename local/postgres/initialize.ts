// Makes a data directory, once. The password lies inside of it, so that the two cannot be parted.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { requireWritable } from "../ownership.mjs";
import type { Account } from "./account";
import type { Places } from "./places";

export const USER = "latchkey";
const PASSWORD_FILE = "latchkey-password";
const INITDB_TIMEOUT_MS = 120_000;

/** A sentence for the person who started us; no stack is needed. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
}

/** The last words of a program, for an error message. */
export const lastLines = (text: string, count = 6) => text.trim().split("\n").slice(-count).join("\n");

/** Runs `program` as `account`, with an environment that says nothing of ours. */
export function spawnAs(account: Account, program: string, args: string[]): ChildProcess {
  return spawn(program, args, {
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    env: { NODE_ENV: "production", PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/**
 * Makes the data directory unless it is there. Made beside and moved into place, so that an interrupted one is not
 * mistaken for a database, and two at once end with one. Throws PostgresError with what initdb said, and a sentence
 * when the files are another user's.
 */
export async function ensureInitialized(
  { data, programs, account }: Places,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  requireWritable(data, { depth: 0 });
  if (existsSync(path.join(data, "PG_VERSION"))) return;
  log("making the database's files");
  const part = mkdtempSync(`${data}.part-`);
  try {
    const password = `${randomBytes(24).toString("base64url")}\n`;
    const passwordFile = `${part}.password`;
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account) for (const owned of [part, passwordFile]) chownSync(owned, account.uid, account.gid);
    try {
      await runInitdb({ data: part, programs, account }, passwordFile, signal);
    } finally {
      rmSync(passwordFile, { force: true });
    }
    const kept = path.join(part, PASSWORD_FILE);
    writeFileSync(kept, password, { mode: 0o600 });
    if (account) chownSync(kept, account.uid, account.gid);
    chmodSync(part, 0o700);
    renameSync(part, data);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    // Another start has just made it.
    if (!existsSync(path.join(data, "PG_VERSION"))) throw error;
  }
}

async function runInitdb(
  { data, programs, account }: Pick<Places, "data" | "programs" | "account">,
  passwordFile: string,
  signal: AbortSignal,
): Promise<void> {
  const child = spawnAs(account, path.join(programs, "bin/initdb"), [
    `--pgdata=${data}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    // Never the locale of whoever starts us: it would decide the encoding and the sort order of indexes.
    "--encoding=UTF8",
    "--locale=C",
    "--auth=scram-sha-256",
  ]);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      said = (said + String(chunk)).slice(-8_000);
    });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  const timer = setTimeout(kill, INITDB_TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      said += error.message;
      resolve(null);
    });
    child.once("close", resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  if (code !== 0) throw new PostgresError(`The database's files could not be made:\n${lastLines(said)}`);
}

/** The password of the superuser, as it was when the files were made. */
export function readPassword(data: string): string {
  try {
    return readFileSync(path.join(data, PASSWORD_FILE), "utf8").trim();
  } catch (cause) {
    const isMine = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new PostgresError(
      isMine
        ? `${data} is a database that was not made here. Remove it, or set DATABASE_URL.`
        : `${data} belongs to another user of this machine. Start as that user, or remove it.`,
      { cause },
    );
  }
}
