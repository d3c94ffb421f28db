// How long registrations wait for their answer, kept for the operators' charts. A process counts in memory and adds its
// counts to the database once in a while, so that no request writes anything for it.
import { addAnswerTimes, type MinuteCount } from "@/db/answer-times";
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

const MINUTE_MS = 60_000;
/** While the database is away: an hour of a busy process. What comes after is not counted. */
const ROWS_MAX = 5_000;

export function createAnswerTimes(): AnswerTimes {
  let counts = new Map<string, MinuteCount>();

  function add(row: MinuteCount): void {
    const key = `${row.minute.getTime()}/${row.bucket}`;
    const known = counts.get(key);
    if (known) known.count += row.count;
    else if (counts.size < ROWS_MAX) counts.set(key, { ...row });
  }

  return {
    add(seconds, at) {
      const minute = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
      add({ minute, bucket: bucketOf(seconds), count: 1 });
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
