// How often something was done lately. One row a subject and one statement a question, so that a hundred processes
// that ask at once are let in exactly as often as the limit says. Sliding: any stretch of time as long as the window
// holds no more than `limit`, which neither fixed windows nor buckets that refill keep to.
import { eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { rateLimits } from "./schema";

export type RateWindow = { limit: number; seconds: number };

/** Counts one more unless a window is full. Null when it was counted; else the times that fill it, oldest first. */
export async function takeHit(
  executor: Executor,
  key: string,
  windows: readonly RateWindow[],
  now: Date,
): Promise<Date[] | null> {
  const longestSeconds = Math.max(...windows.map((window) => window.seconds));
  const at = sql`${now.toISOString()}::timestamptz`;
  const since = (seconds: number) =>
    sql`select hit from unnest(${rateLimits.hits}) hit where hit > ${at} - make_interval(secs => ${seconds})`;
  const hasRoom = ({ limit, seconds }: RateWindow): SQL =>
    sql`(select count(*) from (${since(seconds)}) recent) < ${limit}`;
  const endsAt = new Date(now.getTime() + longestSeconds * 1000);
  // The row is locked before the condition is read, so no two callers see the same last place free.
  const counted = await executor
    .insert(rateLimits)
    .values({ key, hits: [now], endsAt })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: { hits: sql`array(${since(longestSeconds)}) || ${at}`, endsAt },
      setWhere: sql.join(windows.map(hasRoom), sql` and `),
    })
    .returning({ key: rateLimits.key });
  return counted.length > 0 ? null : readHits(executor, key);
}

/** The counted times of a subject, oldest first; also ones that no longer count. */
export async function readHits(executor: Executor, key: string): Promise<Date[]> {
  const [row] = await executor
    .select({ hits: rateLimits.hits })
    .from(rateLimits)
    .where(eq(rateLimits.key, key));
  return (row?.hits ?? []).sort((a, b) => a.getTime() - b.getTime());
}

/** Forgets a subject: what it did before counts no more. */
export async function forgetHits(executor: Executor, key: string): Promise<void> {
  await executor.delete(rateLimits).where(eq(rateLimits.key, key));
}

/** Takes one counted time back. */
export async function returnHit(executor: Executor, key: string, at: Date): Promise<void> {
  await executor
    .update(rateLimits)
    .set({ hits: sql`array_remove(${rateLimits.hits}, ${at.toISOString()}::timestamptz)` })
    .where(eq(rateLimits.key, key));
}
