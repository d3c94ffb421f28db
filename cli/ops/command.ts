// What every command of `npm run ops` is, so that each can be written and tested by itself.
import type { ParseArgsConfig } from "node:util";
import type { Services } from "@/domain/services";

/** How a command ends, as the exit code of its process. */
export const EXIT = {
  done: 0,
  /** It was tried and went wrong; a sentence says what. */
  failed: 1,
  /** The command line makes no sense; nothing was done. */
  usage: 2,
  /** There is nothing of that kind; nothing was done. */
  nothing: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type Output = {
  /** A line for people; left out with --json. */
  say(line: string): void;
  /** The result for programs; left out without --json. One object, once. */
  result(value: Record<string, unknown>): void;
  /** Asks a person to type `expected`; `nobody` when there is none to ask. */
  confirm(question: string, expected: string): Promise<"yes" | "no" | "nobody">;
};

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;
export type Given = { positionals: string[]; values: Values; output: Output };

export type Command = {
  name: string;
  /** What follows the name on the command line. */
  usage: string;
  /** One line for the list of commands. */
  summary: string;
  /** Its own help, in sentences. */
  help: string;
  options: NonNullable<ParseArgsConfig["options"]>;
  /** Does it by domain use cases. Throws UsageError for arguments that make no sense. */
  run(services: Services, given: Given): Promise<ExitCode>;
};

/** Arguments that make no sense; the message says why, and is followed by the command's help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
