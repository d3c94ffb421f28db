// The events that functions run on. Ids only: an engine keeps what it is sent (promise P5).

import { eventType } from "inngest";
import { z } from "zod";
import { DELIVERY_REQUESTED, USER_CONFIRMED, USER_REGISTERED } from "../domain/events";

const DeliveryData = z.object({ userId: z.uuid(), deliveryId: z.uuid() });

export const userRegistered = eventType(USER_REGISTERED, { schema: DeliveryData });
export const deliveryRequested = eventType(DELIVERY_REQUESTED, { schema: DeliveryData });
/** @public Published for functions that adopters add; none of ours runs on it. */
export const userConfirmed = eventType(USER_CONFIRMED, { schema: z.object({ userId: z.uuid() }) });

/** A delivery's event data as it arrives inside another event, e.g. that of a failed run; null when it is something else. */
export function parseDeliveryData(data: unknown): z.infer<typeof DeliveryData> | null {
  const result = DeliveryData.safeParse(data);
  return result.success ? result.data : null;
}
