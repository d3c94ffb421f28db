// Asks no faster than the limits of the whole site let anybody: they are not what a run is about, and what they refuse
// tells nothing. One pace for each of them and for the whole run, or two phases would add up.
import { setTimeout as delay } from "node:timers/promises";
import type { RateWindow } from "@/db/rate-limits";
import { LIMITS } from "@/domain/limits";

/** Does `work`, which the site counts `count` times, as soon as it has room for that; first come, first served. */
export type Pace = <T>(count: number, work: () => Promise<T>) => Promise<T>;

/** What the site counts together (limits.ts). */
export type Paces = { registrations: Pace; furtherMails: Pace };

type Clock = { nowMs(): number; wait(ms: number): Promise<unknown> };

const REAL_CLOCK: Clock = { nowMs: Date.now, wait: (ms) => delay(ms) };
/** Ours and the product's instants of one request are not the same. */
const SLACK_MS = 500;

/** Make them once a run, and hand them to whoever asks. */
export const createPaces = (clock?: Clock): Paces => ({
  registrations: paceOf(LIMITS.registrationsOfSite.windows[0], clock),
  furtherMails: paceOf(LIMITS.furtherMailsOfSite.windows[0], clock),
});

/** Lets no stretch of time as long as the window hold more than its limit. Throws for what is never let through. */
function paceOf({ limit, seconds }: RateWindow, { nowMs, wait }: Clock = REAL_CLOCK): Pace {
  const windowMs = seconds * 1000 + SLACK_MS;
  /** When each of the last ones had been answered, which is not before it was counted; oldest first. */
  const endedMs: number[] = [];
  let underWay = 0;
  let line: Promise<unknown> = Promise.resolve();

  async function admit(count: number): Promise<void> {
    for (;;) {
      while (endedMs[0] !== undefined && endedMs[0] + windowMs <= nowMs()) endedMs.shift();
      if (underWay + endedMs.length + count <= limit) break;
      // Without one that has ended, all of them are under way.
      await wait(endedMs[0] === undefined ? LOOK_AGAIN_MS : endedMs[0] + windowMs - nowMs());
    }
    underWay += count;
  }

  return async (count, work) => {
    if (count > limit) throw new Error(`The site never takes ${count} at once.`);
    const admitted = line.then(() => admit(count));
    line = admitted;
    await admitted;
    try {
      return await work();
    } finally {
      underWay -= count;
      for (let one = 0; one < count; one++) endedMs.push(nowMs());
    }
  };
}

const LOOK_AGAIN_MS = 20;
