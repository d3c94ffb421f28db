// In every server process: publishes what waits in the outbox. Safe with many: rows are leased.
import type { ProcessServices } from "../services";
import { type Loop, startLoop } from "./loop";
import { relayOutbox } from "./publish";

/** A net under NOTIFY: rows whose lease ran out without anybody being told. */
const SWEEP_MS = 5_000;
/** After a wake-up the request that wrote the row has first go. */
const GRACE_MS = 2_500;

export function startRelay(services: ProcessServices): Loop {
  const loop = startLoop(
    async () => {
      const { published } = await relayOutbox(services);
      return published > 0 ? 0 : SWEEP_MS;
    },
    (error) => {
      services.log.warn({ err: error }, "The relay could not read the outbox");
      return SWEEP_MS;
    },
  );
  const unsubscribe = services.notifications.onOutbox(() => loop.wake(GRACE_MS));
  return {
    wake: loop.wake,
    async stop() {
      unsubscribe();
      await loop.stop();
    },
  };
}
