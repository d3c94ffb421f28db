// Transactions that make, move or end claims. They wait for each other by their addresses, in one order (locks.ts).
import { eq, sql } from "drizzle-orm";
import { type Database, inTransaction } from "./client";
import { type UserRow, users } from "./schema";
import { findUser } from "./users";

declare const ON_CLAIMS: unique symbol;
/** What onClaims gives, and the only thing under which an address can be locked. */
export type ClaimTransaction = Parameters<Parameters<Database["transaction"]>[0]>[0] & {
  readonly [ON_CLAIMS]: true;
};

/** A claim was on another address by the time that the lock of the one it had been seen on was ours. */
class ClaimMovedError extends Error {
  override readonly name = "ClaimMovedError";
}

/** Each takes a move of that very claim, and a claim moves three times (domain/address-change.ts). */
const RESTARTS_MAX = 10;

/**
 * One transaction. It is begun anew, and all of `work` done anew, when a claim moved while lockClaim waited for its
 * address, and when Postgres ended it so that another one could go on; nothing of it was kept then. What must not
 * happen twice and is not in the database belongs outside of `work`.
 */
export async function onClaims<T>(
  on: { readonly db: Database },
  work: (tx: ClaimTransaction) => Promise<T>,
): Promise<T> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await inTransaction(on.db, (tx) => work(tx as ClaimTransaction));
    } catch (error) {
      if (!(error instanceof ClaimMovedError) || restarts === RESTARTS_MAX) throw error;
    }
  }
}

/**
 * Claims on these addresses go one by one until the transaction ends. Taken before any row of a claim, and once: a
 * second call could ask for an address that sorts before one we hold.
 */
export async function lockAddresses(tx: ClaimTransaction, emails: readonly string[]): Promise<void> {
  for (const email of [...new Set(emails)].sort())
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${email}, ${ADDRESS_LOCKS}))`);
}

/** Keeps these locks apart from others on the same text. */
const ADDRESS_LOCKS = 4_711;

/**
 * A claim, held until the transaction ends, and before it its address and `alsoEmail`, which it may move to: whatever
 * counts or settles a claim goes one by one. Null when it is gone. Begins the transaction anew when the claim has
 * moved meanwhile, since the new address may sort before what we hold.
 */
export async function lockClaim(
  tx: ClaimTransaction,
  id: string,
  alsoEmail?: string,
): Promise<UserRow | null> {
  const seen = await findUser(tx, id);
  if (!seen) return null;
  await lockAddresses(tx, alsoEmail === undefined ? [seen.email] : [seen.email, alsoEmail]);
  // Not against rows that refer to it: whoever ends a session holds that one, and then writes into the audit log.
  const [user] = await tx.select().from(users).where(eq(users.id, id)).for("no key update");
  if (user && user.email !== seen.email) throw new ClaimMovedError("The claim has moved to another address");
  return user ?? null;
}
