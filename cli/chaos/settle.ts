// Lets time pass until everything is settled, the engine's runs included: the rows' due times and the engine's clock move together, as if it were
// the same clock. What is measured in real time (leases, the watchdog's rounds, webhooks) is waited for.
import { setTimeout as delay } from "node:timers/promises";
import { bringAttemptsForward, countOpenWork } from "@/db/audit";
import type { DatabaseClient } from "@/db/client";

const POLL_MS = 200;
/** Beyond the next thing that is due, so that what is due shortly after it comes along. Below EMAIL_WATCHDOG_AFTER. */
const STRIDE_MS = 5_000;
/** Longer than a run waits for its retry (EMAIL_RETRY_MAX). */
const LONGEST_WAIT_MS = 905_000;
const CALL_TIMEOUT_MS = 2_000;

export type Settling = {
  /** No delivery is open and no run unfinished any more; false when the time limit ended it. */
  isSettled: boolean;
  /** How far the clock was moved, milliseconds. */
  movedMs: number;
};

/** `isBroken`: faults still come, so it is not over yet. */
export async function settle(
  { database, engineUrl }: { database: DatabaseClient; engineUrl: string },
  isBroken: () => boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Settling> {
  let movedMs = 0;
  const deadline = Date.now() + timeoutMs;
  const isOver = () => signal.aborted || Date.now() > deadline;
  for (; !isOver(); await delay(POLL_MS)) {
    // What is down at the moment comes back.
    const work = await countOpenWork(database.db).catch(() => null);
    if (!work) continue;
    // A conversation is under way, or its worker died: its lease ends in real time.
    if (work.sending > 0 || (work.open === 0 && isBroken())) continue;
    const clock = await readClock(engineUrl).catch(() => null);
    if (!clock || clock.busy) continue;
    if (work.open === 0 && clock.unfinished === 0) return { isSettled: true, movedMs };
    // Runs of deliveries that somebody else has sent come back too, and must find that out.
    const byMs = work.open === 0 ? LONGEST_WAIT_MS : Math.max(0, Math.ceil(work.nextDueMs ?? 0)) + STRIDE_MS;
    // The rows first: an engine that is ahead of them would ask too early.
    await untilDone(() => bringAttemptsForward(database.db, byMs), isOver);
    await untilDone(() => moveClock(engineUrl, clock.offset_ms + byMs), isOver);
    movedMs += byMs;
  }
  return { isSettled: false, movedMs };
}

type Clock = { offset_ms: number; busy: boolean; unfinished: number };

/** `busy`: something runs or is due, so what follows from it is not scheduled yet. `unfinished`: runs that have not ended. */
async function readClock(engineUrl: string): Promise<Clock> {
  const response = await fetch(`${engineUrl}/dev/clock`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`The engine's clock cannot be read: ${response.status}`);
  return (await response.json()) as Clock;
}

/** Asks first: a move whose answer was lost has been made all the same. */
async function moveClock(engineUrl: string, toOffsetMs: number): Promise<void> {
  const { offset_ms: offsetMs } = await readClock(engineUrl);
  if (offsetMs >= toOffsetMs) return;
  const response = await fetch(`${engineUrl}/dev/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance_ms: toOffsetMs - offsetMs }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The engine's clock did not move: ${response.status}`);
}

/** Again and again, as long as what it needs is down. */
async function untilDone(work: () => Promise<void>, isOver: () => boolean): Promise<void> {
  for (; !isOver(); await delay(POLL_MS))
    if (
      await work().then(
        () => true,
        () => false,
      )
    )
      return;
}
