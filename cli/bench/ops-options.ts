// What `npm run bench -- ops` is told on its command line. Pure.
import { readNumbers } from "../product/arguments";

export type OpsBenchOptions = {
  /** Mails in the database; pages are measured with FEW_ROWS first. */
  rows: number;
  /** Over how many days they were queued. */
  days: number;
  /** How often each page is asked for. */
  times: number;
  json: string | null;
  help: boolean;
};

export const OPS_USAGE = `npm run bench -- ops [options]

  --rows N            mails in the database (1000000)
  --days N            over how many days they were queued, evenly (90)
  --times N           how often each page is asked for (30)
  --json FILE         writes the result as JSON

Fills a database of its own with a thousand mails, then with --rows, asks the built product for every
page and filter of /ops, one after another, and has Postgres explain the queries. Prints p50 and p95 of
each page, how many times longer it took than with a thousand, which indexes were read and how many rows
were looked at. Ends with 1 when a page's p95 is 200 ms or more, or a whole table was read for it.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readOpsOptions(args: readonly string[]): OpsBenchOptions {
  return readNumbers(args, {
    rows: { usually: 1_000_000, most: 20_000_000 },
    days: { usually: 90, most: 365 },
    times: { usually: 30, most: 1_000 },
  });
}
