// How often something was done lately. One row a subject and one statement a question, so that a hundred processes
// that ask at once are let in exactly as often as the limit says. Sliding: any stretch of time as long as the window
// holds no more than `limit`, which neither fixed windows nor buckets that refill keep to.
import { asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import type { Given } from "./prepared";
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
  const hasRoom = ({ limit, seconds }: RateWindow): SQL =>
    sql`(select count(*) from (${since(now, seconds)}) recent) < ${limit}`;
  // The row is locked before the condition is read, so no two callers see the same last place free.
  const isFree = sql.join(windows.map(hasRoom), sql` and `);
  const counted = await insertHit(executor, key, { seconds: longestSeconds, now, isFree });
  return counted ? null : readHits(executor, key);
}

/** Counts one more, whatever was counted before. What is older than `seconds` is forgotten. */
export async function addHit(executor: Executor, key: string, seconds: number, now: Date): Promise<void> {
  await insertHit(executor, key, { seconds, now });
}

const since = (now: Date, seconds: number): SQL =>
  sql`select hit from unnest(${rateLimits.hits}) hit
    where hit > ${now.toISOString()}::timestamptz - make_interval(secs => ${seconds})`;

async function insertHit(
  executor: Executor,
  key: string,
  { seconds, now, isFree }: { seconds: number; now: Date; isFree?: SQL },
): Promise<boolean> {
  const endsAt = new Date(now.getTime() + seconds * 1000);
  const hits = sql`array(${since(now, seconds)}) || ${now.toISOString()}::timestamptz`;
  const counted = await executor
    .insert(rateLimits)
    .values({ key, hits: [now], endsAt })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: { hits, endsAt },
      ...(isFree ? { setWhere: isFree } : {}),
    })
    .returning({ key: rateLimits.key });
  return counted.length > 0;
}

/** The counted times of a subject, oldest first; also ones that no longer count. */
export async function readHits(executor: Executor, key: string): Promise<Date[]> {
  const [row] = await executor
    .select({ hits: rateLimits.hits })
    .from(rateLimits)
    .where(eq(rateLimits.key, key));
  return (row?.hits ?? []).sort((a, b) => a.getTime() - b.getTime());
}

/** Within another statement: the counted times after `after`, oldest first. `key`: what gives the row's. */
export function selectHits(executor: Executor, key: SQL, after: Given<Date>) {
  const hits = executor
    .select({ hit: sql`unnest(${rateLimits.hits})`.as("hit") })
    .from(rateLimits)
    .where(eq(rateLimits.key, key))
    .as("hits");
  return executor.select({ hit: hits.hit }).from(hits).where(gt(hits.hit, after)).orderBy(asc(hits.hit));
}

/** Forgets a subject: what it did before counts no more. */
export async function forgetHits(executor: Executor, key: string): Promise<void> {
  await executor.delete(rateLimits).where(eq(rateLimits.key, key));
}

/** Takes counted times back, each once: what somebody else did in the same millisecond stays counted. */
export async function returnHits(executor: Executor, key: string, at: readonly Date[]): Promise<void> {
  if (at.length === 0) return;
  const returned = sql.join(
    at.map((hit) => sql`${hit.toISOString()}::timestamptz`),
    sql`, `,
  );
  const kept = sql`select hit from (
      select hit, row_number() over (partition by hit) as nth from unnest(${rateLimits.hits}) hit
    ) counted where nth > (select count(*) from unnest(array[${returned}]) back where back = hit)`;
  await executor
    .update(rateLimits)
    .set({ hits: sql`array(${kept})` })
    .where(eq(rateLimits.key, key));
}
