// In every server process: publishes what waits in the outbox. Safe with many: rows are leased.
import type { Services } from "../domain/services";
import type { ProcessServices } from "../services";
import { type Loop, startLoop } from "./loop";
import { engine, probeEngine, relayOutbox } from "./publish";

/** A net under NOTIFY: rows whose lease ran out without anybody being told. Also how often an idle process asks a lost engine. */
const SWEEP_MS = 5_000;
/** After a wake-up the request that wrote the row has first go. */
const GRACE_MS = 2_500;
const HOLD_MS = { first: 1_000, max: 10_000 };

/** How long an engine that has been away at so many tries in a row is left alone: twice as long each time. Pure. */
export const holdMsAfter = (failures: number) => Math.min(HOLD_MS.first * 2 ** (failures - 1), HOLD_MS.max);

/**
 * One round of the relay, again and again: answers in how many milliseconds the next one is due. An engine that is away
 * holds back the relay and not its rows, so that the oldest go first when it is back; it is tried with the oldest alone,
 * since what other processes lease meanwhile would overtake a whole batch.
 */
export function createRelayRound(services: Services): () => Promise<number> {
  let failures = 0;
  let heldUntilMs = 0;
  return async () => {
    const { breaker } = engine(services);
    const heldMs = heldUntilMs - services.clock().getTime();
    // A registration may have found out that it is back, and a clock may have been put back.
    if (heldMs > 0 && heldMs <= HOLD_MS.max && breaker.state(services.clock()) !== "closed") return heldMs;
    const { published, failed, isEngineAway } = await relayOutbox(
      services,
      undefined,
      failures > 0 ? 1 : undefined,
    );
    if (isEngineAway) {
      failures++;
      const holdMs = holdMsAfter(failures);
      heldUntilMs = services.clock().getTime() + holdMs;
      return holdMs;
    }
    if (published + failed > 0) failures = 0;
    else await probeEngine(services);
    return published > 0 ? 0 : SWEEP_MS;
  };
}

export function startRelay(services: ProcessServices): Loop {
  const loop = startLoop(createRelayRound(services), (error) => {
    services.log.warn({ err: error }, "The relay could not read the outbox");
    return SWEEP_MS;
  });
  const unsubscribe = services.notifications.onOutbox(() => loop.wake(GRACE_MS));
  return {
    wake: loop.wake,
    async stop() {
      unsubscribe();
      await loop.stop();
    },
  };
}
