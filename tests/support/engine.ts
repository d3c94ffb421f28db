// The local engine's clock, as tests move it.
import { readRunning } from "./running";

export type EngineClock = { now: string; offset_ms: number };

/** Moves the engine's clock forward; whatever became due runs at once. */
export async function advanceEngineClock(seconds: number): Promise<EngineClock> {
  return callClock({ advance_ms: seconds * 1000 });
}

/** Moves the engine's clock to the next thing that is due. */
export async function advanceEngineToNext(): Promise<EngineClock> {
  return callClock({ advance_to_next: true });
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
