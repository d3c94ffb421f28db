// In every server process: sends what the engine took and did not start (DESIGN.md section 6). It is also what keeps
// trying when EMAIL_MODE=sync leaves the engine out.

import type { Services } from "../domain/services";
import { closeLedger, deliverOverdue } from "../domain/unfinished-deliveries";
import { env } from "../env";
import { type Loop, startLoop } from "./loop";

const ROUND_MS = 5_000;

export function startWatchdog(services: Services): Loop {
  return startLoop(
    async () => {
      // Without the engine nobody else makes the retries: then they are due when they are due.
      await deliverOverdue(services, env().EMAIL_MODE === "sync" ? 0 : env().EMAIL_WATCHDOG_AFTER);
      await closeLedger(services);
      return ROUND_MS;
    },
    (error) => {
      services.log.warn({ err: error }, "The watchdog could not look for overdue deliveries");
      return ROUND_MS;
    },
  );
}
