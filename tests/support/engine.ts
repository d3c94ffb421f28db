// The local engine's clock, as tests move it.
import { setTimeout as delay } from "node:timers/promises";
import { readRunning } from "./running";

export type EngineClock = { now: string; offset_ms: number };

/**
 * Moves the engine's clock forward, and nothing else. Whatever became due runs at once. Waits before that until
 * nothing is running: a page may show a failed attempt before the engine has heard of it and set the time of the next.
 */
export async function advanceEngineClock(seconds: number): Promise<EngineClock> {
  await whenIdle();
  return callClock({ advance_ms: seconds * 1000 });
}

const IDLE_TIMEOUT_MS = 20_000;

async function whenIdle(): Promise<void> {
  for (const deadline = Date.now() + IDLE_TIMEOUT_MS; Date.now() < deadline; await delay(50)) {
    const clock = (await (await fetch(`${readRunning().inngest.url}/dev/clock`)).json()) as { busy: boolean };
    if (!clock.busy) return;
  }
  throw new Error("The engine did not come to rest");
}

async function callClock(body: object): Promise<EngineClock> {
  const response = await fetch(`${readRunning().inngest.url}/dev/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`The engine's clock did not move: ${response.status} ${await response.text()}`);
  return (await response.json()) as EngineClock;
}
