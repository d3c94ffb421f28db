// What `npm run bench` is told on its command line. Pure.
import { readNumbers } from "../product/arguments";

/** What there is to measure; the first without a name. */
export const BENCHES = ["figures", "burst", "soak", "ops", "growth", "profile"] as const;
export type BenchName = (typeof BENCHES)[number];

/** The name, when there is one, and what belongs to it. Throws a sentence. */
export function readBenchName(args: readonly string[]): { name: BenchName; rest: readonly string[] } {
  const [first] = args;
  if (first === undefined || first.startsWith("-")) return { name: BENCHES[0], rest: args };
  const name = BENCHES.find((each) => each === first);
  if (!name) throw new Error(`There is no bench "${first}"; there are: ${BENCHES.join(", ")}.`);
  return { name, rest: args.slice(1) };
}

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

export const BURST_USAGE = `npm run bench -- burst [options]

  --people N          how many register (1000)
  --per-second N      mails that the provider takes in a second, and EMAIL_RATE_LIMIT (10)
  --at-once N         registrations at the same time (16)
  --json FILE         writes the result as JSON

Prints how fast the mails left against what was allowed, the attempts and 429s, and the times of
the answers. Ends with 1 when a mail spent a second try, or the pace was not reached.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readBurstOptions(args: readonly string[]): BurstOptions {
  const {
    "per-second": perSecond,
    "at-once": atOnce,
    ...others
  } = readNumbers(args, {
    people: { usually: 1000, most: 4_000 },
    "per-second": { usually: 10, most: 200 },
    "at-once": { usually: 16, most: 500 },
  });
  return { ...others, perSecond, atOnce };
}

export type FiguresOptions = {
  /** How many register as fast as they are taken. */
  people: number;
  json: string | null;
  help: boolean;
};

export const FIGURES_USAGE = `npm run bench [options]

  --people N          how many register as fast as they are taken (1500)
  --json FILE         writes the result as JSON

Measures the built product, all of it on this machine, and prints one table: registrations beside
the machine's own ceiling, the cost of a mail, calls without a hash, lateness, the engine alone,
open pages. Machines differ and are noisy: the ratios are taken in one run. A \u2717 is a bar that was
not reached here; the command ends with 1 only when something could not be measured.

  npm run bench -- burst     a rush against a provider that takes so many mails a second
  npm run bench -- soak      the memory of a process over 10,000 registrations and ten minutes
  npm run bench -- ops       the operators' pages among a million mails
  npm run bench -- growth    what a registration costs among a million people
  npm run bench -- profile   what a registration's time goes to, by package`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readFiguresOptions(args: readonly string[]): FiguresOptions {
  return readNumbers(args, { people: { usually: 1500, most: 20_000 } });
}

export type SoakOptions = { minutes: number; json: string | null; help: boolean };

export const SOAK_USAGE = `npm run bench -- soak [options]

  --minutes N         how long it goes on after 10,000 registrations (10)
  --json FILE         writes the result as JSON`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  return readNumbers(args, { minutes: { usually: 10, most: 24 * 60 } });
}

export type GrowthOptions = { people: number; registrations: number; json: string | null; help: boolean };

export const GROWTH_USAGE = `npm run bench -- growth [options]

  --people N          people in the database in the end (1000000)
  --registrations N   how many register among a thousand, and among so many (400)
  --json FILE         writes the result as JSON

Fills a database of its own with a thousand people, then with --people, and measures what all processes spend
on a registration until its mail is accepted; then has Postgres explain what the sweepers look for.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readGrowthOptions(args: readonly string[]): GrowthOptions {
  return readNumbers(args, {
    people: { usually: 1_000_000, most: 20_000_000 },
    registrations: { usually: 400, most: 10_000 },
  });
}

export type ProfileOptions = { people: number; json: string | null; help: boolean };

export const PROFILE_USAGE = `npm run bench -- profile [options]

  --people N          how many register as fast as they are taken (600)
  --json FILE         writes the result as JSON

Prints what the apps' processor time and the engine's goes to, by package and by room of this repository, garbage
apart. The profiles stay in .latchkey/profiles: Chromium's developer tools open them (Performance, "Load profile").
Figures of speed taken here are lower than without watching.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readProfileOptions(args: readonly string[]): ProfileOptions {
  return readNumbers(args, { people: { usually: 600, most: 20_000 } });
}
