// What `npm run chaos` is told on its command line. Pure.
import { parseArgs } from "node:util";
import { readInteger, readSeed } from "../product/arguments";
import type { Transport } from "../product/product";

export type Options = {
  people: number;
  /** Everything that is drawn follows from it. */
  seed: string;
  transport: Transport;
  /** Registrations begun in a second. */
  perSecond: number;
  /** Where the result goes as JSON; null: nowhere. */
  json: string | null;
  help: boolean;
};

/** The inbox keeps 5,000 mails, and over SMTP a person may get several: beyond this it could forget the oldest. */
const PEOPLE_MAX = 2_000;

export const USAGE = `npm run chaos -- [options]

  --people N          how many register (500; at most ${PEOPLE_MAX})
  --per-second N      how many of them in a second (8)
  --seed TEXT         repeats the faults of an earlier run (drawn, and printed)
  --transport NAME    resend (default), or smtp, which knows no idempotency keys: its doubles are
                      reported as a figure
  --json FILE         writes the result as JSON

Ends with 0 when nothing was lost, nothing came twice and every state is true; with 1 otherwise.`;

/** Reads the arguments. Throws a sentence for what makes no sense; `randomSeed` is taken when none is given. */
export function readOptions(args: readonly string[], randomSeed: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      people: { type: "string", default: "500" },
      "per-second": { type: "string", default: "8" },
      seed: { type: "string", default: randomSeed },
      transport: { type: "string", default: "resend" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { transport } = values;
  if (transport !== "resend" && transport !== "smtp")
    throw new Error(`--transport ${transport}: it is resend or smtp.`);
  return {
    people: readInteger("--people", values.people, PEOPLE_MAX),
    perSecond: readInteger("--per-second", values["per-second"], 100),
    seed: readSeed(values.seed),
    transport,
    json: values.json ?? null,
    help: values.help,
  };
}
