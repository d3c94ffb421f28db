// From a command line to an exit code: finds the command, reads its options, runs it. Knows no command by name.
import { parseArgs } from "node:util";
import type { Services } from "@/domain/services";
import { type Command, EXIT, type ExitCode, type Output, UsageError, type Values } from "./command";
import { sayError } from "./failure";

export type Terminal = {
  out(line: string): void;
  err(line: string): void;
  /** What a person types after `question`; null when nobody can be asked. */
  ask(question: string): Promise<string | null>;
};

const SHARED = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** What a command works on. */
export type Opened = {
  services: Services;
  /** Rejects when the database cannot be reached, which may not end any query of its own. Never resolves. */
  unreachable?: Promise<never>;
};

/**
 * Runs one command line. `open` makes what it works on, once, only for a command that will run. `databaseUrl` is asked
 * once that was opened. Never throws: what goes wrong is a sentence on standard error and an exit code.
 */
export async function runOps(
  args: readonly string[],
  commands: readonly Command[],
  open: () => Opened,
  terminal: Terminal,
  databaseUrl: () => string | undefined = () => undefined,
): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(describeCommands(commands));
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const detail = `There is no command "${name}".`;
    terminal.err(`${detail}\n\n${describeCommands(commands)}`);
    if (rest.includes("--json")) terminal.out(JSON.stringify({ outcome: "usage", detail }));
    return EXIT.usage;
  }
  try {
    const { positionals, values } = readArguments(command, rest);
    if (values.help === true) {
      terminal.out(describeCommand(command));
      return EXIT.done;
    }
    const output = createOutput(values.json === true, terminal);
    const { services, unreachable } = open();
    const running = command.run(services, { positionals, values, output });
    return await (unreachable ? Promise.race([running, unreachable]) : running);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const detail = isUsage ? error.message : sayError(error, databaseUrl());
    terminal.err(isUsage ? `${detail}\n\n${describeCommand(command)}` : detail);
    // A script reads one line of JSON, whatever the end.
    if (rest.includes("--json"))
      terminal.out(JSON.stringify({ outcome: isUsage ? "usage" : "error", detail }));
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

function readArguments(command: Command, args: string[]): { positionals: string[]; values: Values } {
  try {
    return parseArgs({ args, options: { ...command.options, ...SHARED }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function createOutput(isJson: boolean, terminal: Terminal): Output {
  return {
    say: (line) => {
      if (!isJson) terminal.out(line);
    },
    result: (value) => {
      if (isJson) terminal.out(JSON.stringify(value));
    },
    async confirm(question, expected) {
      const typed = await terminal.ask(question);
      if (typed === null) return "nobody";
      return typed.trim() === expected ? "yes" : "no";
    },
  };
}

function describeCommands(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name, usage }) => name.length + usage.length + 1));
  const lines = commands.map(
    ({ name, usage, summary }) => `  ${`${name} ${usage}`.padEnd(width)}   ${summary}`,
  );
  return `npm run ops -- <command> [options]

${lines.join("\n")}

  --json      prints the result, or what went wrong, as one line of JSON and nothing else
  --help      says more about a command

Exit codes: 0 done, 1 went wrong, 2 the command line makes no sense, 3 there is nothing of that kind.`;
}

const describeCommand = ({ name, usage, help }: Command) =>
  `npm run ops -- ${name} ${usage} [--json]\n\n${help}`;
