// The loop in every server process that publishes what waits in the outbox. Safe with many: rows are leased.
import type { ProcessServices } from "../services";
import { relayOutbox } from "./publish";

/** A net under NOTIFY: rows whose lease ran out without anybody being told. */
const SWEEP_MS = 5_000;
/** After a wake-up the request that wrote the row has first go. */
const GRACE_MS = 2_500;

export type Relay = { stop(): Promise<void> };

export function startRelay(services: ProcessServices): Relay {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();

  function schedule(waitMs: number): void {
    const at = Date.now() + waitMs;
    if (isStopped || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      dueAt = Number.POSITIVE_INFINITY;
      running = round();
    }, waitMs);
    timer.unref();
  }

  async function round(): Promise<void> {
    try {
      const { published } = await relayOutbox(services);
      schedule(published > 0 ? 0 : SWEEP_MS);
    } catch (error) {
      services.log.warn({ err: error }, "The relay could not read the outbox");
      schedule(SWEEP_MS);
    }
  }

  const unsubscribe = services.notifications.onOutbox(() => schedule(GRACE_MS));
  schedule(0);
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      unsubscribe();
      await running;
    },
  };
}
