// Are the engine and the mail providers well? What the rows of all processes tell, and each process's circuit breakers.
import { type EngineRows, type ProviderRows, readEngineRows, readProviderRows } from "@/db/health";
import { addSeconds } from "./clock";
import { listProcesses, type ServerProcess } from "./server-processes";
import type { Services } from "./services";

const RECENT_SECONDS = 3600;

export type Health = {
  engine: EngineRows;
  /** Those that are configured, the preferred one first, then others that were used within the last hour. */
  providers: (ProviderRows & { role: "preferred" | "second" | "former" })[];
  processes: ServerProcess[];
};

/** Attempts are those at the newest mails of the last hour. */
export async function readHealth(services: Services): Promise<Health> {
  const { db, transport, failover } = services;
  const [engine, rows, processes] = await Promise.all([
    readEngineRows(db),
    readProviderRows(db, addSeconds(services.clock(), -RECENT_SECONDS)),
    listProcesses(services),
  ]);
  const of = (provider: string): ProviderRows =>
    rows.find((row) => row.provider === provider) ?? {
      provider,
      accepted: 0,
      failed: 0,
      lastAcceptedAt: null,
      lastFailedAt: null,
    };
  const configured = [transport.name, ...(failover ? [failover.transport.name] : [])];
  return {
    engine,
    providers: [
      { ...of(transport.name), role: "preferred" },
      ...(failover ? [{ ...of(failover.transport.name), role: "second" as const }] : []),
      ...rows
        .filter(({ provider }) => !configured.includes(provider))
        .map((row) => ({ ...row, role: "former" as const })),
    ],
    processes,
  };
}
