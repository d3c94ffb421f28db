import { and, eq, gt, isNotNull, isNull, lt, ne, sql } from "drizzle-orm";
import { type Executor, isUniqueViolation } from "./client";
import { type NewUserRow, type UserRow, users } from "./schema";

export const isUsernameTaken = (error: unknown) => isUniqueViolation(error, "users_username_key");
export const isAddressConfirmedElsewhere = (error: unknown) =>
  isUniqueViolation(error, "users_confirmed_email_key");

/** Throws a unique violation (see isUsernameTaken) when the username is held. */
export async function insertUser(executor: Executor, row: NewUserRow): Promise<void> {
  await executor.insert(users).values(row);
}

export async function findUser(executor: Executor, id: string): Promise<UserRow | null> {
  const [row] = await executor.select().from(users).where(eq(users.id, id));
  return row ?? null;
}

/** Like findUser, and holds the row until the transaction ends: whatever counts or settles a claim goes one by one. */
export async function lockUser(executor: Executor, id: string): Promise<UserRow | null> {
  const [row] = await executor.select().from(users).where(eq(users.id, id)).for("update");
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

/** Frees a username held by a claim that has ended. */
export async function deleteExpiredClaimOf(executor: Executor, username: string, now: Date): Promise<void> {
  await executor
    .delete(users)
    .where(
      and(
        eq(sql`lower(${users.username})`, username.toLowerCase()),
        isNull(users.emailConfirmedAt),
        lt(users.claimExpiresAt, now),
      ),
    );
}

/** Throws a unique violation (see isAddressConfirmedElsewhere) when another account has confirmed the address. */
export async function markEmailConfirmed(executor: Executor, id: string, now: Date): Promise<void> {
  await executor
    .update(users)
    .set({ emailConfirmedAt: now })
    .where(and(eq(users.id, id), isNull(users.emailConfirmedAt)));
}

/** Other open claims of an address end now: one of them was confirmed. Returns their ids. */
export async function endOtherClaims(
  executor: Executor,
  email: string,
  exceptId: string,
  now: Date,
): Promise<string[]> {
  const ended = await executor
    .update(users)
    .set({ claimExpiresAt: now })
    .where(
      and(
        eq(users.email, email),
        ne(users.id, exceptId),
        isNull(users.emailConfirmedAt),
        gt(users.claimExpiresAt, now),
      ),
    )
    .returning({ id: users.id });
  return ended.map((row) => row.id);
}

export async function countWrongCode(executor: Executor, id: string): Promise<void> {
  await executor
    .update(users)
    .set({ wrongCodeCount: sql`${users.wrongCodeCount} + 1` })
    .where(eq(users.id, id));
}

export async function updatePasswordHash(
  executor: Executor,
  id: string,
  passwordHash: string,
): Promise<void> {
  await executor.update(users).set({ passwordHash }).where(eq(users.id, id));
}
