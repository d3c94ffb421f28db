import { eq, or } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryRow, deliveries, providerEvents, suppressions } from "./schema";

/** Keeps an event; false when it was kept before. */
export async function insertProviderEvent(
  executor: Executor,
  row: { id: string; type: string; deliveryId: string; receivedAt: Date },
): Promise<boolean> {
  const rows = await executor
    .insert(providerEvents)
    .values(row)
    .onConflictDoNothing()
    .returning({ id: providerEvents.id });
  return rows.length > 0;
}

/** The delivery a provider speaks of, locked: by our own id when the provider carries it, else by its message id. */
export async function lockDeliveryOfProvider(
  executor: Executor,
  ids: { deliveryId: string | null; providerMessageId: string },
): Promise<DeliveryRow | null> {
  const byMessage = eq(deliveries.providerMessageId, ids.providerMessageId);
  const [row] = await executor
    .select()
    .from(deliveries)
    .where(ids.deliveryId ? or(eq(deliveries.id, ids.deliveryId), byMessage) : byMessage)
    .limit(1)
    .for("update");
  return row ?? null;
}

export async function updateDelivery(
  executor: Executor,
  id: string,
  change: Partial<
    Pick<
      DeliveryRow,
      | "status"
      | "deliveredAt"
      | "endShownFrom"
      | "settledAt"
      | "nextAttemptAt"
      | "leaseToken"
      | "leaseUntil"
      | "reasonCode"
      | "reasonText"
    >
  >,
): Promise<void> {
  await executor.update(deliveries).set(change).where(eq(deliveries.id, id));
}

export async function insertSuppression(
  executor: Executor,
  row: { email: string; reason: string; createdAt: Date },
): Promise<void> {
  await executor.insert(suppressions).values(row).onConflictDoNothing();
}

export async function isSuppressed(executor: Executor, email: string): Promise<boolean> {
  const rows = await executor
    .select({ email: suppressions.email })
    .from(suppressions)
    .where(eq(suppressions.email, email));
  return rows.length > 0;
}
