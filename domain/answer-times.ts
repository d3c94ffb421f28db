// How long registrations wait for their answer, kept for the operators' charts. A process counts in memory and adds its
// counts to the database once in a while, so that no request writes anything for it.
import { type AnswerCount, addAnswerTimes } from "@/db/answer-times";
import { bucketOf } from "./histogram";
import type { Services } from "./services";

export type AnswerTimes = {
  /** One registration was answered at `at`, after so many seconds. */
  add(seconds: number, at: Date): void;
  /**
   * Adds to the database what was counted since the last time. When that throws, nothing is lost: it is added the next
   * time. What is not added when the process is killed is lost; it is seconds' worth.
   */
  flush(services: Services): Promise<void>;
};

/** A row for each: short ones for the last hour, long ones so that a week is few rows. */
export const WIDTHS_SECONDS = [60, 900] as const;
export type WidthSeconds = (typeof WIDTHS_SECONDS)[number];

/** While the database is away: an hour of a busy process. What comes after is not counted. */
const ROWS_MAX = 6_000;

export function createAnswerTimes(): AnswerTimes {
  let counts = new Map<string, AnswerCount>();

  function add(row: AnswerCount): void {
    const key = `${row.seconds}/${row.startsAt.getTime()}/${row.bucket}`;
    const known = counts.get(key);
    if (known) known.count += row.count;
    else if (counts.size < ROWS_MAX) counts.set(key, { ...row });
  }

  return {
    add(seconds, at) {
      for (const width of WIDTHS_SECONDS) {
        const startsAt = new Date(Math.floor(at.getTime() / (width * 1000)) * width * 1000);
        add({ seconds: width, startsAt, bucket: bucketOf(seconds), count: 1 });
      }
    },
    async flush({ db }) {
      if (counts.size === 0) return;
      const taken = [...counts.values()];
      counts = new Map();
      try {
        await addAnswerTimes(db, taken);
      } catch (error) {
        for (const row of taken) add(row);
        throw error;
      }
    },
  };
}
