// `npm run ops`: what operators do from a terminal, by the use cases that the pages have.
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { EnvironmentError } from "../../env";
import { type ProcessServices, services } from "../../services";
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
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

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
  return opened;
};

const code = await runOps(process.argv.slice(2), COMMANDS, open, terminal, () => process.env.DATABASE_URL);
await opened?.notifications.close();
await opened?.database.close();
process.exit(code);
