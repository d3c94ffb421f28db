// In every server process: sends what the engine took and did not start (DESIGN.md section 6). It is also what keeps
// trying while there is no engine: by EMAIL_MODE=sync, or because it is away.

import type { Services } from "../domain/services";
import { closeLedger, deliverOverdue } from "../domain/unfinished-deliveries";
import { env } from "../env";
import { type Loop, startLoop } from "./loop";
import { engine } from "./publish";

const ROUND_MS = 5_000;

/** One round: answers in how many milliseconds the next one is due. */
export function createWatchdogRound(services: Services): () => Promise<number> {
  return async () => {
    // Without an engine nobody else makes the retries, nor sends what found no place inside its request: then they are
    // due when they are due.
    const isAlone =
      env().EMAIL_MODE === "sync" || engine(services).breaker.state(services.clock()) !== "closed";
    await deliverOverdue(services, isAlone ? 0 : env().EMAIL_WATCHDOG_AFTER);
    await closeLedger(services);
    return ROUND_MS;
  };
}

export function startWatchdog(services: Services): Loop {
  return startLoop(createWatchdogRound(services), (error) => {
    services.log.warn({ err: error }, "The watchdog could not look for overdue deliveries");
    return ROUND_MS;
  });
}
