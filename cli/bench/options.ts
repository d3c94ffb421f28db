// What `npm run bench` is told on its command line. Pure.
import { parseArgs } from "node:util";
import { readInteger } from "../product/arguments";

export type BurstOptions = {
  people: number;
  /** EMAIL_RATE_LIMIT, and what the provider takes in a second. */
  perSecond: number;
  /** Registrations at the same time. */
  atOnce: number;
  /** Where the result goes as JSON; null: nowhere. */
  json: string | null;
  help: boolean;
};

export const USAGE = `npm run bench -- burst [options]

  --people N          how many register (1000)
  --per-second N      mails that the provider takes in a second, and EMAIL_RATE_LIMIT (10)
  --at-once N         registrations at the same time (16)
  --json FILE         writes the result as JSON

Prints how fast the mails left against what was allowed, the attempts and 429s, and the times of
the answers. Ends with 1 when a mail spent a second try, or the pace was not reached.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readBurstOptions(args: readonly string[]): BurstOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      people: { type: "string", default: "1000" },
      "per-second": { type: "string", default: "10" },
      "at-once": { type: "string", default: "16" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (!values.help && positionals.join(" ") !== "burst")
    throw new Error(`There is no bench "${positionals.join(" ")}"; there is: burst.`);
  return {
    people: readInteger("--people", values.people, 4_000),
    perSecond: readInteger("--per-second", values["per-second"], 200),
    atOnce: readInteger("--at-once", values["at-once"], 500),
    json: values.json ?? null,
    help: values.help,
  };
}
