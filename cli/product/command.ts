// What the commands that start a product of their own have in common: options in, a table and an exit code out.
import { setMaxListeners } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export type Command<
  Options extends { help: boolean; json: string | null },
  Result extends { ok: boolean },
> = {
  usage: string;
  /** Throws a sentence for what makes no sense. */
  read(args: readonly string[]): Options;
  /** Null when `signal` ended it. */
  run(
    root: string,
    options: Options,
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Result | null>;
  format(result: Result, options: Options): string;
};

/** Ends the process: 0 for a good result, 1 for another or an error, 130 when it was interrupted. */
export async function runCommand<
  Options extends { help: boolean; json: string | null },
  Result extends { ok: boolean },
>(
  { usage, read, run, format }: Command<Options, Result>,
  args: readonly string[] = process.argv.slice(2),
): Promise<never> {
  const options = readOrExit(() => read(args), usage);
  if (options.help) {
    console.log(usage);
    process.exit(0);
  }
  const stopping = new AbortController();
  // One for each person, lane and fault that waits for its turn.
  setMaxListeners(0, stopping.signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!stopping.signal.aborted) console.log("\nstopping …");
      stopping.abort();
    });
  try {
    const root = path.resolve(import.meta.dirname, "../..");
    const result = await run(root, options, (line) => console.log(line), stopping.signal);
    if (!result) process.exit(130);
    if (options.json) writeJson(options.json, result);
    console.log(`\n${format(result, options)}\n`);
    process.exit(result.ok ? 0 : 1);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** What `read` returns; its throw ends the process with 1, its sentence and how it is meant. */
export function readOrExit<Options>(read: () => Options, usage: string): Options {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(1);
  }
}

function writeJson(file: string, result: object): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}
