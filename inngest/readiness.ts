// What this process knows of the parts it depends on: for load balancers, monitors and operators. Words only, no
// address, no name and no error: strangers may read it.
import type { BreakerState } from "../domain/circuit-breaker";
import type { ProcessServices } from "../services";
import { engine } from "./publish";

export type Readiness = {
  /** False sends people elsewhere: without a database nothing can be answered, and a process that ends takes nothing on. */
  isReady: boolean;
  isStopping: boolean;
  database: "ok" | "away";
  /** Anything but `closed`: mails are sent inside the requests meanwhile (DESIGN.md section 6). */
  engine: BreakerState;
  /** The preferred mail provider's; null without a second one, when nobody keeps count. */
  mailProvider: BreakerState | null;
};

const PROBE_LIMIT_MS = 1_000;

const shared = globalThis as typeof globalThis & {
  latchkeyProbe?: Promise<Readiness["database"]> | undefined;
};

/** Never throws, and answers within about a second. However many ask at once, the database is asked one question. */
export async function readReadiness(services: ProcessServices): Promise<Readiness> {
  shared.latchkeyProbe ??= services.database
    .probe(PROBE_LIMIT_MS)
    .then(
      () => "ok" as const,
      () => "away" as const,
    )
    .finally(() => {
      shared.latchkeyProbe = undefined;
    });
  const database = await shared.latchkeyProbe;
  const isStopping = services.sending.isStopped();
  return {
    isReady: database === "ok" && !isStopping,
    isStopping,
    database,
    engine: engine(services).breaker.state(),
    mailProvider: services.failover?.breaker.state() ?? null,
  };
}
