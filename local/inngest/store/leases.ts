// Who holds what. An engine is alive while a connection of it holds the advisory lock of its number; the
// server lets go of the lock the moment the process dies, so its work is taken over at once and not after a
// time-out. The time-out of the lease is the net below, for an engine that lives but is cut off.
import type { Sql } from "./database.ts";
import { LEASE_SECONDS } from "./jobs.ts";
import { LOCK_CLASS } from "./schema.ts";

/** Gives this process a number of its own. */
export async function registerEngine(sql: Sql, pid: number): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into inngest.engines (pid) values (${pid}) returning id`;
  if (!row) throw new Error("The database gave this engine no number.");
  return row.id;
}

/** Takes the lock that says "engine n lives" on this connection. False while an old connection has it. */
export async function tryHoldLife(connection: Sql, engine: number): Promise<boolean> {
  const [row] = await connection<{ held: boolean }[]>`
    select pg_try_advisory_lock(${LOCK_CLASS}, ${engine}) as held`;
  return row?.held ?? false;
}

/** Frees the jobs of engines that are gone, and those whose lease ran out. Answers how many. */
export async function releaseDeadLeases(sql: Sql, me: number): Promise<number> {
  const rows = await sql`
    with owners as materialized (
      select distinct lease_owner as engine from inngest.jobs
      where lease_owner is not null and lease_owner <> ${me}
    ), dead as materialized (
      select engine from owners where pg_try_advisory_xact_lock(${LOCK_CLASS}, engine)
    )
    update inngest.jobs set lease_owner = null, lease_until = null, generation = generation + 1
    where lease_owner in (select engine from dead)
       or (lease_owner is not null and lease_until < now())
    returning id`;
  return rows.length;
}

/** Extends the leases of calls that are under way. */
export async function renewLeases(sql: Sql, me: number, jobIds: readonly string[]): Promise<void> {
  await sql`
    update inngest.jobs set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    where lease_owner = ${me} and id = any(${[...jobIds]}::text[])`;
}

/** The jobs that the database says this engine holds. */
export async function listHeldJobs(sql: Sql, me: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`select id from inngest.jobs where lease_owner = ${me}`;
  return rows.map((row) => row.id);
}

/** Gives back jobs that this engine holds without knowing: their claim was committed, its answer lost. */
export async function releaseForgotten(sql: Sql, me: number, ids: readonly string[]): Promise<void> {
  await sql`
    update inngest.jobs set lease_owner = null, lease_until = null, generation = generation + 1
    where lease_owner = ${me} and id = any(${[...ids]}::text[])`;
}

/** Gives back everything at a clean stop; the attempts that were under way do not count. */
export async function releaseOwnLeases(sql: Sql, me: number): Promise<void> {
  await sql`
    update inngest.jobs set lease_owner = null, lease_until = null, generation = generation + 1
    where lease_owner = ${me}`;
  await sql`delete from inngest.engines where id = ${me}`;
}
