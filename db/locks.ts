// The order in which rows are locked, the same everywhere, so that no two transactions can wait for each other:
//
//   address (advisory, claim-transactions.ts) → user → delivery → owner's notice (advisory, owner-notices.ts) → attempt → code
//
// Whoever needs only some of these leaves the others out; whoever needs a later one first takes the earlier one before
// it. Of several addresses the one that sorts first is locked first, and all of them at once: who finds out that another
// one is needed begins anew. Rows that a transaction has just made itself,
// and rows of sessions, limits, outbox and log, which come last, have no place in it.
import { and, asc, inArray } from "drizzle-orm";
import type { Executor } from "./client";
import { deliveries } from "./schema";

/**
 * Holds the deliveries of these claims that are not settled, until the transaction ends. For whoever is about to touch
 * codes and may cancel the deliveries after it: a worker that writes down an acceptance locks them the other way round.
 */
export async function lockOpenDeliveries(executor: Executor, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  await executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        inArray(deliveries.userId, [...userIds]),
        inArray(deliveries.status, ["queued", "sending", "retrying"]),
      ),
    )
    .orderBy(asc(deliveries.id))
    .for("update");
}

/** Holds all deliveries of these claims, settled or not, until the transaction ends: for whoever removes the claims. */
export async function lockDeliveries(executor: Executor, userIds: readonly string[]): Promise<void> {
  await executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(inArray(deliveries.userId, [...userIds]))
    .orderBy(asc(deliveries.id))
    .for("update");
}
