// Everything about one delivery, for operators; and what their acts ask of it before they touch it.
import { and, asc, desc, eq, inArray, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { calledOff } from "./deliveries";
import { isOfPurpose } from "./delivery-kinds";
import { isUnsettledAndFree } from "./delivery-leases";
import {
  type AuditLogRow,
  auditLog,
  type DeliveryRow,
  deliveries,
  type OutboxRow,
  outbox,
  type ProviderEventRow,
  providerEvents,
  type UserRow,
  users,
} from "./schema";

/** A delivery, held until the transaction ends. Lock its user before it (locks.ts). */
export async function lockDelivery(executor: Executor, id: string): Promise<DeliveryRow | null> {
  const [row] = await executor.select().from(deliveries).where(eq(deliveries.id, id)).for("update");
  return row ?? null;
}

/** Those of these ids that there are, with their people, in no order. */
export async function listWithUsers(
  executor: Executor,
  ids: readonly string[],
): Promise<{ delivery: DeliveryRow; user: UserRow }[]> {
  if (ids.length === 0) return [];
  return executor
    .select({ delivery: deliveries, user: users })
    .from(deliveries)
    .innerJoin(users, eq(users.id, deliveries.userId))
    .where(inArray(deliveries.id, [...ids]));
}

/** The newest mail in whose place a delivery stands or fell: of the same person, and of the same purpose. */
export async function findNewestOfPurpose(
  executor: Executor,
  { userId, kind }: Pick<DeliveryRow, "userId" | "kind">,
): Promise<Pick<DeliveryRow, "id" | "status" | "createdAt"> | null> {
  const [row] = await executor
    .select({ id: deliveries.id, status: deliveries.status, createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), isOfPurpose(kind)))
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(1);
  return row ?? null;
}

/** Calls off one delivery that nobody is sending. False when it is settled or held. */
export async function cancelDeliveryOf(
  executor: Executor,
  id: string,
  reasonCode: string,
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set(calledOff(reasonCode, now))
    .where(and(eq(deliveries.id, id), isUnsettledAndFree()))
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** What the provider told afterwards, oldest first; kept for a week. */
export async function listProviderEvents(
  executor: Executor,
  deliveryId: string,
): Promise<ProviderEventRow[]> {
  return executor
    .select()
    .from(providerEvents)
    .where(eq(providerEvents.deliveryId, deliveryId))
    .orderBy(asc(providerEvents.receivedAt), asc(providerEvents.id));
}

export type StartEvent = Pick<OutboxRow, "id" | "name" | "createdAt" | "publishedAt" | "tries">;

/** The events that were to start it, which are those of these names, oldest first; kept for a week. */
export async function listStartEvents(
  executor: Executor,
  deliveryId: string,
  names: readonly string[],
): Promise<StartEvent[]> {
  return executor
    .select({
      id: outbox.id,
      name: outbox.name,
      createdAt: outbox.createdAt,
      publishedAt: outbox.publishedAt,
      tries: outbox.tries,
    })
    .from(outbox)
    .where(and(eq(sql`${outbox.data} ->> 'deliveryId'`, deliveryId), inArray(outbox.name, [...names])))
    .orderBy(asc(outbox.createdAt));
}

/** What operators did with it, oldest first: also the act that made it. */
export async function listOperatorActs(
  executor: Executor,
  { id, userId }: Pick<DeliveryRow, "id" | "userId">,
): Promise<AuditLogRow[]> {
  return executor
    .select()
    .from(auditLog)
    .where(
      and(
        eq(auditLog.userId, userId),
        inArray(auditLog.type, ["delivery_replayed", "delivery_cancelled", "mail_requested"]),
        or(
          eq(sql`${auditLog.details} ->> 'deliveryId'`, id),
          eq(sql`${auditLog.details} ->> 'newDeliveryId'`, id),
        ),
      ),
    )
    .orderBy(asc(auditLog.id));
}

/** The newest deliveries to an address or of a person, newest first. */
export async function listDeliveriesOf(
  executor: Executor,
  whose: { userIds: readonly string[]; recipient: string | null },
  limit: number,
): Promise<DeliveryRow[]> {
  const isTheirs = or(
    whose.userIds.length > 0 ? inArray(deliveries.userId, [...whose.userIds]) : undefined,
    whose.recipient === null ? undefined : eq(deliveries.recipient, whose.recipient),
  );
  if (!isTheirs) return [];
  return executor
    .select()
    .from(deliveries)
    .where(isTheirs)
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(limit);
}
