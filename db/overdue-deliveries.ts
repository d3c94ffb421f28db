import { and, asc, eq, inArray, lt, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { deliveries } from "./schema";

/**
 * Open deliveries whose attempt was due before `dueBefore` and that nobody is sending, oldest first: the engine took
 * them and did not start, or a worker died.
 */
export async function listOverdueDeliveries(
  executor: Executor,
  dueBefore: Date,
  limit: number,
): Promise<string[]> {
  const rows = await executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      or(
        and(inArray(deliveries.status, ["queued", "retrying"]), lt(deliveries.nextAttemptAt, dueBefore)),
        and(eq(deliveries.status, "sending"), lt(deliveries.leaseUntil, dueBefore)),
      ),
    )
    .orderBy(asc(sql`coalesce(${deliveries.nextAttemptAt}, ${deliveries.leaseUntil})`))
    .limit(limit);
  return rows.map((row) => row.id);
}
