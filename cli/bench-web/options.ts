// What `npm run bench:web` is told on its command line. Pure.
import { readNumbers } from "../product/arguments";

export type Options = {
  /** Visits of each page on each line; what is printed is the one in the middle. */
  runs: number;
  json: string | null;
  help: boolean;
};

export const USAGE = `npm run bench:web -- [options]

Opens /, /register, /confirm and /sign-in of the built product in headless Chromium, with an empty cache,
once as fast as this machine is and once on a slow 3G line with a processor four times slower, and prints
what was transferred and the times: first byte, first and largest paint, layout shift, blocking time.

  --runs N            visits of each page on each line (3)
  --json FILE         writes the result as JSON

Ends with 1 when something moved while a page built up, or when /register is heavier than its budget
(docs/decisions/012). Times say something about this machine too, and fail nothing.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export const readOptions = (args: readonly string[]): Options =>
  readNumbers(args, { runs: { usually: 3, most: 50 } });
