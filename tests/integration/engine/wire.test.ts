import { expect, test } from "vitest";
import { Replay } from "./support/replay.ts";

const recordings: [string, string][] = [
  ["success", "event, step, sleep, step, end"],
  ["no-checkpoint", "parallel steps, waitForEvent, sendEvent, invoke"],
  ["retry-after", "a step that asks to be tried again later"],
  ["function-retry", "the code between steps fails and is tried again at a date"],
  ["failed", "a step fails for good, onFailure runs"],
  ["mixed", "several runs, a wait that times out"],
  ["start-signed", "a self-hosted server"],
  ["start-redis", "a self-hosted server that was killed"],
];

test.each(recordings)("asks and answers as the real server did: %s (%s)", async (name) => {
  const replay = new Replay(name);
  expect(replay.callCount).toBeGreaterThan(0);
  await replay.play();
  for (const { ours, theirs } of replay.registrations) {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    expect(ours.ok).toBe(theirs.ok);
  }
});
