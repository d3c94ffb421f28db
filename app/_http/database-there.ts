import type { DatabaseClient } from "@/db/client";

/** A pool that is busy for longer than this serves nobody. */
const BUSY_MS = 30_000;

/**
 * Whether the database answers: false at once when it refuses, within some three seconds when it is silent
 * (db/patience.ts). A process or a pool that has much to do is waited for: that is no outage.
 */
export function isDatabaseThere({
  within,
  probe,
}: Pick<DatabaseClient, "within" | "probe">): Promise<boolean> {
  return within(() => probe(BUSY_MS)).then(
    () => true,
    () => false,
  );
}
