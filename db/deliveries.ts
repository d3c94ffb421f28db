// Deliveries as such: queued, found, called off. Leases are in delivery-leases.ts, attempts in delivery-attempts.ts.
import { and, asc, desc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { isOfClaim } from "./delivery-kinds";
import type { Given } from "./prepared";
import { type DeliveryRow, deliveries, users } from "./schema";

export type NewDelivery = Pick<
  DeliveryRow,
  | "id"
  | "userId"
  | "kind"
  | "codeId"
  | "recipient"
  | "sender"
  | "language"
  | "maxAttempts"
  | "isCanary"
  | "nextAttemptAt"
  | "createdAt"
>;

export async function insertDelivery(executor: Executor, row: NewDelivery): Promise<void> {
  await executor.insert(deliveries).values(row);
}

export async function findDelivery(executor: Executor, id: string): Promise<DeliveryRow | null> {
  const [row] = await executor.select().from(deliveries).where(eq(deliveries.id, id));
  return row ?? null;
}

/** As findDelivery, and holds it until the transaction ends. */
export async function lockDelivery(executor: Executor, id: string): Promise<DeliveryRow | null> {
  const [row] = await executor.select().from(deliveries).where(eq(deliveries.id, id)).for("update");
  return row ?? null;
}

/** The newest mail of somebody's registration: what their confirm page is about, also once they have confirmed. */
export async function findNewestClaimMail(executor: Executor, userId: string): Promise<DeliveryRow | null> {
  const [row] = await selectNewestClaimMail(executor, userId);
  return row ?? null;
}

export function selectNewestClaimMail(executor: Executor, userId: Given<string>) {
  return executor
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), isOfClaim()))
    .orderBy(desc(deliveries.createdAt))
    .limit(1);
}

/** When mails were queued for a claim since `since`, oldest first. */
export async function listQueuedInstants(executor: Executor, userId: string, since: Date): Promise<Date[]> {
  const rows = await selectQueuedInstants(executor, userId, since);
  return rows.map((row) => row.createdAt);
}

export function selectQueuedInstants(executor: Executor, userId: Given<string>, since: Given<Date>) {
  return executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), gt(deliveries.createdAt, since)))
    .orderBy(asc(deliveries.createdAt));
}

/**
 * When further mails (not a claim's first) were queued for an address since `since`, by any claim on it, oldest first.
 * Those of a claim that was confirmed do not count: an address with an owner must look like any other (promise P6).
 */
export async function listFurtherMails(executor: Executor, email: string, since: Date): Promise<Date[]> {
  const rows = await selectFurtherMails(executor, email, since);
  return rows.map((row) => row.createdAt);
}

/** `email`: an address, or what gives one. */
export function selectFurtherMails(executor: Executor, email: string | SQL<string>, since: Given<Date>) {
  return executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .innerJoin(users, eq(users.id, deliveries.userId))
    .where(
      and(
        eq(deliveries.recipient, email),
        gt(deliveries.createdAt, since),
        isNull(users.emailConfirmedAt),
        sql`exists (select 1 from deliveries earlier where earlier.user_id = ${deliveries.userId}
          and earlier.created_at < ${deliveries.createdAt})`,
      ),
    )
    .orderBy(asc(deliveries.createdAt));
}

/** When a claim's first mail to its present address was queued; null when there was none. */
export async function findFirstQueuedTo(
  executor: Executor,
  userId: string,
  email: string,
): Promise<Date | null> {
  const [row] = await executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), eq(deliveries.recipient, email)))
    .orderBy(asc(deliveries.createdAt))
    .limit(1);
  return row?.createdAt ?? null;
}

/** Cancels what is still open of these users' registrations; notices to an account go on. Returns how many that were. */
export async function cancelOpenDeliveries(
  executor: Executor,
  userIds: string[],
  reasonCode: string,
  now: Date,
): Promise<number> {
  if (userIds.length === 0) return 0;
  const rows = await executor
    .update(deliveries)
    .set(calledOff(reasonCode, now))
    .where(
      and(
        inArray(deliveries.userId, userIds),
        inArray(deliveries.status, ["queued", "retrying", "sending"]),
        isOfClaim(),
      ),
    )
    .returning({ id: deliveries.id });
  return rows.length;
}

/** What a delivery is from the moment somebody calls it off: nobody's, and with nothing planned. */
export const calledOff = (reasonCode: string, now: Date) =>
  ({
    status: "cancelled",
    nextAttemptAt: null,
    settledAt: now,
    leaseToken: null,
    leaseUntil: null,
    reasonCode,
    reasonText: null,
  }) as const;
