import { sql } from "drizzle-orm";
import type { Executor } from "./client";
import { deliveries, deliveryAttempts } from "./schema";

const AT_ONCE = 100;

/**
 * Marks attempts as `lost` that began before `startedBefore`, have no end, and whose delivery was settled by somebody
 * else since: their worker died, and nobody will take them over. Returns how many those were.
 */
export async function endAbandonedAttempts(
  executor: Executor,
  startedBefore: Date,
  now: Date,
): Promise<number> {
  // The delivery is locked before its attempt, as everywhere.
  const rows = await executor.execute(sql`
    with settled as (
      select id from ${deliveries}
      where status not in ('queued', 'sending', 'retrying') and id in (
        select delivery_id from ${deliveryAttempts}
        where outcome is null and started_at < ${startedBefore.toISOString()})
      limit ${AT_ONCE} for update skip locked
    ), lost as (
      update ${deliveryAttempts} set outcome = 'lost', ended_at = ${now.toISOString()}
      from settled where delivery_id = settled.id and outcome is null
      returning delivery_id
    )
    update ${deliveries} set lost_count = lost_count + 1 from lost where id = lost.delivery_id returning id`);
  return rows.length;
}
