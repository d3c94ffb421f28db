import { and, asc, desc, eq, exists, gt, inArray, isNotNull, isNull, lte, not, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { type Executor, isUniqueViolation } from "./client";
import { keepPrepared, place } from "./prepared";
import { isOldHash, type NewUserRow, oldIterations, type UserRow, users } from "./schema";

export const isUsernameTaken = (error: unknown) => isUniqueViolation(error, "users_username_key");
export const isAddressConfirmedElsewhere = (error: unknown) =>
  isUniqueViolation(error, "users_confirmed_email_key");

/** Throws a unique violation (see isUsernameTaken) when the username is held. */
export async function insertUser(executor: Executor, row: NewUserRow): Promise<void> {
  await executor.insert(users).values(row);
}

export async function findUser(executor: Executor, id: string): Promise<UserRow | null> {
  const [row] = await selectUser(executor, { id });
  return row ?? null;
}

const selectUser = keepPrepared<{ id: string }, UserRow[]>((executor) =>
  executor
    .select()
    .from(users)
    .where(eq(users.id, place("id", users.id)))
    .prepare("user"),
);

/** Like findUser, and keeps the row from being removed until the transaction ends, as a row that refers to it would. */
export async function holdUser(executor: Executor, id: string): Promise<UserRow | null> {
  const [row] = await executor.select().from(users).where(eq(users.id, id)).for("key share");
  return row ?? null;
}

export async function findUserByUsername(executor: Executor, username: string): Promise<UserRow | null> {
  const [row] = await executor
    .select()
    .from(users)
    .where(eq(sql`lower(${users.username})`, username.toLowerCase()));
  return row ?? null;
}

/** The account that owns a (normalised) address; claims do not own one. */
export async function findConfirmedUserByEmail(executor: Executor, email: string): Promise<UserRow | null> {
  const [row] = await executor
    .select()
    .from(users)
    .where(and(eq(users.email, email), isNotNull(users.emailConfirmedAt)));
  return row ?? null;
}

/** Whoever registered with a (normalised) address last: the account, or a claim on it. */
export async function findNewestUserByEmail(executor: Executor, email: string): Promise<UserRow | null> {
  const [row] = await executor
    .select()
    .from(users)
    .where(eq(users.email, email))
    .orderBy(desc(users.createdAt), desc(users.id))
    .limit(1);
  return row ?? null;
}

/**
 * Frees a username held by a claim that has ended. The claim stays until its end date (domain/retention.ts) under a
 * name that nobody can have: what was sent to its address counts for a day (docs/decisions/008).
 */
export async function freeUsernameOfEndedClaim(
  executor: Executor,
  username: string,
  now: Date,
): Promise<void> {
  await executor
    .update(users)
    .set({ username: sql`'ended:' || ${users.id}` })
    .where(
      and(
        eq(sql`lower(${users.username})`, username.toLowerCase()),
        isNull(users.emailConfirmedAt),
        lte(users.claimExpiresAt, now),
      ),
    );
}

/** Throws a unique violation (see isAddressConfirmedElsewhere) when another account has confirmed the address. */
export async function markEmailConfirmed(executor: Executor, id: string, now: Date): Promise<void> {
  await executor
    .update(users)
    .set({ emailConfirmedAt: now, claimNetwork: null, furtherMailsKey: null })
    .where(and(eq(users.id, id), isNull(users.emailConfirmedAt)));
}

/** The open claims on an address, oldest first. */
export async function listOpenClaims(
  executor: Executor,
  email: string,
  now: Date,
): Promise<Pick<UserRow, "id" | "claimNetwork">[]> {
  return executor
    .select({ id: users.id, claimNetwork: users.claimNetwork })
    .from(users)
    .where(and(eq(users.email, email), isNull(users.emailConfirmedAt), gt(users.claimExpiresAt, now)))
    .orderBy(asc(users.createdAt));
}

/** These claims end now; ones that were confirmed do not. `isReplaced`: for one that names them as what it replaces. */
export async function endClaims(
  executor: Executor,
  ids: readonly string[],
  now: Date,
  { isReplaced = false } = {},
): Promise<void> {
  if (ids.length === 0) return;
  await executor
    .update(users)
    .set({ claimExpiresAt: now, ...(isReplaced ? {} : { claimNetwork: null }) })
    .where(and(inArray(users.id, [...ids]), isNull(users.emailConfirmedAt)));
}

/**
 * Where a claim came from is of no use once it is over, unless another one has its place that is not confirmed: what it
 * counted for may have to be given back, until its row goes. Returns how many were forgotten.
 */
export async function forgetNetworksOfEndedClaims(executor: Executor, now: Date): Promise<number> {
  const successor = alias(users, "successor");
  const isReplaced = exists(
    executor
      .select({ id: successor.id })
      .from(successor)
      .where(and(eq(successor.replaces, users.id), isNull(successor.emailConfirmedAt))),
  );
  const rows = await executor
    .update(users)
    .set({ claimNetwork: null })
    .where(and(isNotNull(users.claimNetwork), lte(users.claimExpiresAt, now), not(isReplaced)))
    .returning({ id: users.id });
  return rows.length;
}

/** The claims that these have replaced, one after another. */
export async function listReplaced(
  executor: Executor,
  ids: readonly string[],
): Promise<Pick<UserRow, "id" | "claimNetwork">[]> {
  if (ids.length === 0) return [];
  const rows = await executor.execute<{ id: string; claim_network: string | null }>(sql`
    with recursive replaced as (
      select ${users.replaces} as id from ${users} where ${inArray(users.id, [...ids])}
      union
      select ${users.replaces} from ${users} join replaced on ${users.id} = replaced.id
    )
    select ${users.id}, ${users.claimNetwork} from ${users} join replaced on ${users.id} = replaced.id`);
  return [...rows].map((row) => ({ id: row.id, claimNetwork: row.claim_network }));
}

/** Moves a claim to another address, and counts that. */
export async function changeClaimAddress(
  executor: Executor,
  id: string,
  { email, furtherMailsKey }: { email: string; furtherMailsKey: string },
): Promise<void> {
  await executor
    .update(users)
    .set({ email, furtherMailsKey, addressChangeCount: sql`${users.addressChangeCount} + 1` })
    .where(and(eq(users.id, id), isNull(users.emailConfirmedAt)));
}

export async function countWrongCode(executor: Executor, id: string, now: Date): Promise<void> {
  await executor
    .update(users)
    .set({ wrongCodeCount: sql`${users.wrongCodeCount} + 1`, wrongCodeAt: now })
    .where(eq(users.id, id));
}

/**
 * An account or claim as it is, and stays until the transaction ends; null when it is gone. Whoever opens a session holds
 * it: what ends all sessions (a changed password, an ended claim, a confirmation) writes into this row first.
 */
export async function holdAccount(executor: Executor, id: string): Promise<UserRow | null> {
  const [row] = await executor.select().from(users).where(eq(users.id, id)).for("share");
  return row ?? null;
}

/** Nothing when the hash is no longer `from`: the password was changed in the meantime. Returns whether it was. */
export async function replacePasswordHash(
  executor: Executor,
  id: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const rows = await executor
    .update(users)
    .set({ passwordHash: to })
    .where(and(eq(users.id, id), eq(users.passwordHash, from)))
    .returning({ id: users.id });
  return rows.length > 0;
}

/**
 * The most iterations among hashes of the system this replaces; 0 when no account has one any more. One step into an
 * index, however many there are.
 */
export async function findMostOldIterations(executor: Executor): Promise<number> {
  const [row] = await executor
    .select({ iterations: oldIterations(users.passwordHash) })
    .from(users)
    .where(isOldHash(users.passwordHash))
    .orderBy(desc(oldIterations(users.passwordHash)))
    .limit(1);
  return row?.iterations ?? 0;
}
