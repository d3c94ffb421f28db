// What `npm run bench` is told on its command line. Pure.
import { parseArgs } from "node:util";

export type BurstOptions = {
  people: number;
  /** EMAIL_RATE_LIMIT, and what the provider takes in a second. */
  perSecond: number;
  /** Registrations at the same time. */
  atOnce: number;
  help: boolean;
};

export const USAGE = `npm run bench -- burst [options]

  --people N          how many register (1000)
  --per-second N      mails that the provider takes in a second, and EMAIL_RATE_LIMIT (10)
  --at-once N         registrations at the same time (16)

Prints how fast the mails left against what was allowed, the attempts and 429s, and the times of
the answers. Ends with 1 when a mail took more than one attempt, or the pace was not reached.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readBurstOptions(args: readonly string[]): BurstOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      people: { type: "string", default: "1000" },
      "per-second": { type: "string", default: "10" },
      "at-once": { type: "string", default: "16" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (!values.help && positionals.join(" ") !== "burst")
    throw new Error(`There is no bench "${positionals.join(" ")}"; there is: burst.`);
  return {
    people: readInteger("--people", values.people, 4_000),
    perSecond: readInteger("--per-second", values["per-second"], 200),
    atOnce: readInteger("--at-once", values["at-once"], 500),
    help: values.help,
  };
}

function readInteger(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${option} ${text}: it must be a whole number from 1 to ${max}.`);
  return value;
}
