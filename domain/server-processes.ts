// Which server processes live, and what their circuit breakers say: each process knows its own only, and operators ask
// whichever answers, or a command that has none.
import { deleteServerProcess, listServerProcesses, saveServerProcess } from "@/db/server-processes";
import type { BreakerState } from "./circuit-breaker";
import { addSeconds } from "./clock";
import type { Services } from "./services";

/** How often a process says that it lives. */
export const REPORT_SECONDS = 10;
/** Three reports that did not come. */
const SILENT_SECONDS = 3 * REPORT_SECONDS + 5;

export type ServerProcess = {
  id: string;
  startedAt: Date;
  seenAt: Date;
  engine: BreakerState;
  /** The preferred mail provider's; null without a second one, when nobody keeps count. */
  mailProvider: BreakerState | null;
};

/** Says that this process lives. */
export async function reportProcess(
  services: Services,
  lively: Omit<ServerProcess, "seenAt">,
): Promise<void> {
  await saveServerProcess(services.db, { ...lively, seenAt: services.clock() });
}

/** Says that it ends. */
export const signOffProcess = (services: Services, id: string): Promise<void> =>
  deleteServerProcess(services.db, id);

/** Those that live, the oldest first. One that was killed is left out half a minute later. */
export async function listProcesses(services: Services): Promise<ServerProcess[]> {
  const rows = await listServerProcesses(services.db, addSeconds(services.clock(), -SILENT_SECONDS));
  return rows.map((row) => ({
    ...row,
    engine: readState(row.engine),
    mailProvider: row.mailProvider === null ? null : readState(row.mailProvider),
  }));
}

/** A word of another version of the product counts as trouble. */
const readState = (word: string): BreakerState => (word === "closed" || word === "half_open" ? word : "open");
