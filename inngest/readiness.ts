// What this process knows of the parts it depends on: for load balancers, monitors and operators. Words only, no
// address, no name and no error: strangers may read it.
import type { BreakerState } from "../domain/circuit-breaker";
import type { ProcessServices } from "../services";
import { engine } from "./publish";

export type Readiness = {
  /**
   * False sends people elsewhere: without a database nothing can be answered, a process that ends takes nothing on, and
   * one that warms up would let the first of them wait.
   */
  isReady: boolean;
  isStarting: boolean;
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
  latchkeyIsWarming?: boolean;
};

/** Until `warming` is over, however it ends, this process is not ready. */
export function delayReadiness(warming: Promise<unknown>): void {
  shared.latchkeyIsWarming = true;
  const end = () => {
    shared.latchkeyIsWarming = false;
  };
  warming.then(end, end);
}

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
  const now = services.clock();
  const isStopping = services.sending.isStopped();
  const isStarting = shared.latchkeyIsWarming === true;
  return {
    isReady: database === "ok" && !isStopping && !isStarting,
    isStarting,
    isStopping,
    database,
    engine: engine(services).breaker.state(now),
    mailProvider: services.failover?.breaker.state(now) ?? null,
  };
}
