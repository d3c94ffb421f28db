// Lets time pass until everything is settled: the engine's clock and the rows' due times move together, as if it were
// the same clock. What is measured in real time (leases, the watchdog's rounds, webhooks) is waited for.
import { setTimeout as delay } from "node:timers/promises";
import { bringAttemptsForward, countOpenWork } from "@/db/audit";
import type { DatabaseClient } from "@/db/client";

const POLL_MS = 200;
/** Beyond the next thing that is due, so that what is due shortly after it comes along. Below EMAIL_WATCHDOG_AFTER. */
const STRIDE_MS = 5_000;
/** When the engine knows of nothing: time passes until the watchdog sees that nobody came. */
const IDLE_STRIDE_MS = 30_000;
const CALL_TIMEOUT_MS = 2_000;

export type Settling = {
  /** Nothing is open any more; false when the time limit ended it. */
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
  for (
    const deadline = Date.now() + timeoutMs;
    Date.now() < deadline && !signal.aborted;
    await delay(POLL_MS)
  ) {
    // What is down at the moment comes back.
    const work = await countOpenWork(database.db).catch(() => null);
    if (!work) continue;
    if (work.open === 0 && !isBroken()) return { isSettled: true, movedMs };
    // A conversation is under way, or its worker died: its lease ends in real time.
    if (work.open === 0 || work.sending > 0) continue;
    const byMs = await moveClock(engineUrl).catch(() => 0);
    if (byMs === 0) continue;
    movedMs += byMs;
    await untilDone(() => bringAttemptsForward(database.db, byMs), deadline);
  }
  return { isSettled: false, movedMs };
}

/** To the next thing that is due, unless something runs. Answers how far, 0 for not at all. Throws while it is away. */
async function moveClock(engineUrl: string): Promise<number> {
  const next = await callClock(engineUrl, { advance_to_next: true });
  if (next.reason === "busy") return 0;
  const strideMs = next.moved ? STRIDE_MS : IDLE_STRIDE_MS;
  const moved = next.moved_ms ?? 0;
  // Once the first move is made it counts, whatever becomes of the second.
  const further = await callClock(engineUrl, { advance_ms: strideMs }).then(
    () => strideMs,
    () => 0,
  );
  return moved + further;
}

type ClockAnswer = { moved?: boolean; moved_ms?: number; reason?: string };

async function callClock(engineUrl: string, move: object): Promise<ClockAnswer> {
  const response = await fetch(`${engineUrl}/dev/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(move),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The engine's clock did not move: ${response.status}`);
  return (await response.json()) as ClockAnswer;
}

async function untilDone(work: () => Promise<void>, deadline: number): Promise<void> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
}
