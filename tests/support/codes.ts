// The code of a mail, as its reader would type it.
import { findDelivery } from "@/db/deliveries";
import { deriveCode } from "@/domain/confirmation-code";
import type { Services } from "@/domain/services";

/** Throws when the delivery carries none. */
export async function codeOf(services: Services, deliveryId: string): Promise<string> {
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery?.codeId) throw new Error("this delivery carries no code");
  return deriveCode(services.keys, delivery.codeId);
}
