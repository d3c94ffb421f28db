// Values of command lines. Pure.
import { parseArgs } from "node:util";

/** A number's option: what it is when it is not given, and the most it may be. */
export type NumberOption = { usually: number; most: number };

/** Numbers by their options' names ("per-second"), beside `--json FILE` and `--help`. Throws a sentence. */
export function readNumbers<Name extends string>(
  args: readonly string[],
  numbers: Record<Name, NumberOption>,
): Record<Name, number> & { json: string | null; help: boolean } {
  const names = Object.keys(numbers) as Name[];
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const given: Record<string, string | boolean | undefined> = values;
  const read = Object.fromEntries(
    names.map((name) => {
      const { usually, most } = numbers[name];
      return [name, readInteger(`--${name}`, String(given[name] ?? usually), most)];
    }),
  ) as Record<Name, number>;
  return { ...read, json: values.json ?? null, help: values.help ?? false };
}

/** A whole number from 1 to `max`. Throws a sentence that names the option. */
export function readInteger(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${option} ${text}: it must be a whole number from 1 to ${max}.`);
  return value;
}

/** What everything that is drawn follows from. Throws a sentence. */
export function readSeed(text: string): string {
  if (text === "" || text.length > 100) throw new Error("--seed must be 1 to 100 characters.");
  return text;
}
