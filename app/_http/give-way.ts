// The engine's calls give way to people who wait for an answer. It waits longer than this by far, and asks again if it
// does not. A provider's webhook does not: what it tells shows on somebody's page within a second.
import { availableParallelism } from "node:os";
import { createGiveWay, type GiveWay } from "@/domain/give-way";

/** A mail makes three calls of the engine: in a rush without end it is so much later three times. */
const PATIENCE_MS = 1_000;
/** About as many as a process can do until the next look. */
const AT_ONCE = 4;
/** So many requests of people at once are no rush: they wait for the database, not for each other. */
const PEOPLE_MAX = 2 * availableParallelism();

/** So many that each of them waits for most of a second. */
const CROWD = 8 * availableParallelism();

const shared = globalThis as typeof globalThis & { latchkeyPeople?: { waiting: number; line: GiveWay } };

function people(): { waiting: number; line: GiveWay } {
  shared.latchkeyPeople ??= {
    waiting: 0,
    line: createGiveWay({
      isBusy: () => people().waiting > PEOPLE_MAX,
      patienceMs: PATIENCE_MS,
      atOnce: AT_ONCE,
    }),
  };
  return shared.latchkeyPeople;
}

/** Whether so many people wait that what is late is late because of them. */
export const isCrowded = (): boolean => people().waiting > CROWD;

/** Somebody waits for what `work` answers. */
export async function asPersonWaits<T>(work: () => Promise<T>): Promise<T> {
  people().waiting++;
  try {
    return await work();
  } finally {
    people().waiting--;
  }
}

/** Settles when a call that no person waits for may be worked on, after a second at the latest. */
export function giveWayToPeople(): Promise<void> {
  return people().line.turn();
}
