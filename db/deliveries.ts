// Deliveries as such: queued, found, called off. Leases are in delivery-leases.ts, attempts in delivery-attempts.ts.
import { and, asc, desc, eq, gt, inArray } from "drizzle-orm";
import type { Executor } from "./client";
import { isOfClaim } from "./delivery-kinds";
import type { Given } from "./prepared";
import { type DeliveryRow, deliveries } from "./schema";

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

/** When a claim's mails to its present address were queued, oldest first. */
export async function listQueuedTo(executor: Executor, userId: string, email: string): Promise<Date[]> {
  const rows = await executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), eq(deliveries.recipient, email)))
    .orderBy(asc(deliveries.createdAt));
  return rows.map((row) => row.createdAt);
}

/** Where mails of these users went, now or before their claims moved. */
export async function listRecipients(executor: Executor, userIds: readonly string[]): Promise<string[]> {
  if (userIds.length === 0) return [];
  const rows = await executor
    .selectDistinct({ recipient: deliveries.recipient })
    .from(deliveries)
    .where(inArray(deliveries.userId, [...userIds]))
    .orderBy(asc(deliveries.recipient));
  return rows.map((row) => row.recipient);
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
