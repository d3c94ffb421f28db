// A mail will not reach its person: said to whoever listens (webhooks, functions of adopters), in the transaction that
// finds it out. Of a registration of our own making nobody hears.
import { randomUUID } from "node:crypto";
import type { Executor } from "@/db/client";
import { insertOutboxRow } from "@/db/outbox";
import type { DeliveryRow } from "@/db/schema";
import { DELIVERY_FAILED } from "./events";

/** `reason`: a code, never the provider's words, which may hold the address. `traceparent`: as in tracing.ts. */
export async function announceFailure(
  tx: Executor,
  { id, userId, isCanary }: Pick<DeliveryRow, "id" | "userId" | "isCanary">,
  {
    now,
    ...told
  }: {
    status: "failed" | "bounced" | "suppressed";
    reason: string | null;
    now: Date;
    traceparent?: string;
  },
): Promise<void> {
  if (isCanary) return;
  const data = { userId, deliveryId: id, ...told };
  await insertOutboxRow(tx, { id: randomUUID(), name: DELIVERY_FAILED, data, createdAt: now }, 0);
}
