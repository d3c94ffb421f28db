// `npm run ops`: what operators do from a terminal, by the use cases that the pages have.
import path from "node:path";
import { createInterface } from "node:readline/promises";
import type { DatabaseClient } from "../../db/client";
import { EnvironmentError } from "../../env";
import { type ProcessServices, services } from "../../services";
import { EXIT } from "./command";
import { COMMANDS } from "./commands";
import { readCommandEnvironment } from "./environment";
import { runOps, type Terminal } from "./run";

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  async ask(question) {
    if (!process.stdin.isTTY) return null;
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await prompt.question(question);
    } finally {
      prompt.close();
    }
  },
};

// Who reads may have seen enough (`| head`). What was begun is done to its end all the same, unheard.
let unwritten: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") unwritten ??= error;
  });

/** A port that takes every connection and drops it keeps a query waiting for ever. */
const CONNECT_LIMIT_MS = 10_000;

async function untilUnreachable(database: DatabaseClient): Promise<never> {
  await database.probe(CONNECT_LIMIT_MS);
  return new Promise(() => {});
}

const root = path.resolve(import.meta.dirname, "../..");
let opened: ProcessServices | undefined;
const open = () => {
  // Standard output is the command's own; what goes wrong is said by the command.
  Object.assign(process.env, readCommandEnvironment(root, process.env), { LOG_LEVEL: "silent" });
  try {
    opened = services();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    throw new Error(
      `${error.message}\nFor the product on this machine, start it first (npm start): its own settings are used then.`,
    );
  }
  return { services: opened, unreachable: untilUnreachable(opened.database) };
};

const code = await runOps(process.argv.slice(2), COMMANDS, open, terminal, () => process.env.DATABASE_URL);
await opened?.notifications.close();
await opened?.database.close();
if (unwritten) terminal.err(`Not all of it could be written: ${unwritten.message}`);
process.exit(unwritten ? EXIT.failed : code);
