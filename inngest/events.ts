// The events that functions run on. Ids only: an engine keeps what it is sent (promise P5).

import { eventType } from "inngest";
import { z } from "zod";
import {
  DELIVERY_FAILED,
  DELIVERY_REQUESTED,
  USER_CONFIRMED,
  USER_ERASED,
  USER_REGISTERED,
  WEBHOOK_REQUESTED,
} from "../domain/events";

/** What an event may carry beside its own ids: the trace that it belongs to (docs/decisions/032). */
const Traced = z.object({ traceparent: z.string().optional() });
const DeliveryData = Traced.extend({ userId: z.uuid(), deliveryId: z.uuid() });

export const userRegistered = eventType(USER_REGISTERED, { schema: DeliveryData });
export const deliveryRequested = eventType(DELIVERY_REQUESTED, { schema: DeliveryData });
export const userConfirmed = eventType(USER_CONFIRMED, { schema: Traced.extend({ userId: z.uuid() }) });
export const userErased = eventType(USER_ERASED, {
  schema: z.object({ userId: z.uuid(), contactId: z.string().nullable() }),
});
export const deliveryFailed = eventType(DELIVERY_FAILED, {
  schema: DeliveryData.extend({ status: z.string(), reason: z.string().nullable() }),
});
export const webhookRequested = eventType(WEBHOOK_REQUESTED, {
  schema: Traced.extend({ webhookId: z.uuid(), endpoint: z.string() }),
});

/** A delivery's event data as it arrives inside another event, e.g. that of a failed run; null when it is something else. */
export function parseDeliveryData(data: unknown): z.infer<typeof DeliveryData> | null {
  const result = DeliveryData.safeParse(data);
  return result.success ? result.data : null;
}
