// What `npm run oracle-check` is told on its command line. Pure.
import { parseArgs } from "node:util";
import { readInteger, readSeed } from "../product/arguments";
import type { Transport } from "../product/product";

export type Options = {
  /** So many addresses that have an owner, and as many that have none. */
  pairs: number;
  /** Everything that is drawn follows from it. */
  seed: string;
  /** Milliseconds: a difference in time that is surely larger than this fails. */
  boundMs: number;
  /** Pairs that are under way at the same time. */
  lanes: number;
  /** Does not wait for the resend's cooldown, and compares how both are refused instead. */
  isShort: boolean;
  /** By what the product sends. */
  transport: Transport;
  /** Where the result goes as JSON; null: nowhere. */
  json: string | null;
  help: boolean;
};

export const USAGE = `npm run oracle-check -- [options]

Asks the built product the same about addresses that have an account and addresses that have none: registering,
confirming, signing in, resending and changing the address, while the engine works, while it is away, and
while it is away and the mail provider hangs. Compares status, headers, bodies, limits and time.

  --pairs N           addresses of each kind (400)
  --bound-ms N        a difference in time that is surely larger fails (10)
  --lanes N           pairs at the same time (4)
  --seed TEXT         repeats the order of an earlier run (drawn, and printed)
  --short             does not wait for the resend's cooldown; time is measured, and never fails
                      (at most 100 pairs)
  --transport smtp    sends over SMTP instead of Resend's API, to a server that takes its time
  --json FILE         writes the result as JSON

Ends with 0 when nothing differs, with 1 otherwise.`;

/** With more the first claims would be older than the cooldown before the last ones are there (pace.ts). */
const SHORT_PAIRS_MAX = 100;

/** Reads the arguments. Throws a sentence for what makes no sense; `randomSeed` is taken when none is given. */
export function readOptions(args: readonly string[], randomSeed: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pairs: { type: "string", default: "400" },
      "bound-ms": { type: "string", default: "10" },
      lanes: { type: "string", default: "4" },
      seed: { type: "string", default: randomSeed },
      short: { type: "boolean", default: false },
      transport: { type: "string", default: "resend" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { transport } = values;
  if (transport !== "resend" && transport !== "smtp")
    throw new Error(`--transport is resend or smtp, not "${transport}"`);
  const pairs = readInteger("--pairs", values.pairs, 2_000);
  if (values.short && pairs > SHORT_PAIRS_MAX)
    throw new Error(
      `--short compares how a resend is refused within a minute: at most ${SHORT_PAIRS_MAX} --pairs`,
    );
  return {
    transport,
    pairs,
    boundMs: readInteger("--bound-ms", values["bound-ms"], 1_000),
    lanes: readInteger("--lanes", values.lanes, 32),
    seed: readSeed(values.seed),
    isShort: values.short,
    json: values.json ?? null,
    help: values.help,
  };
}
