// The code of a mail, as its reader would type it.
import { findDelivery } from "@/db/deliveries";
import { deriveCode } from "@/domain/confirmation-code";
import { deriveLink } from "@/domain/confirmation-link";
import type { Services } from "@/domain/services";

/** Throws when the delivery carries none. */
export async function codeOf(services: Services, deliveryId: string): Promise<string> {
  return deriveCode(services.keys, await codeIdOf(services, deliveryId));
}

/** What stands behind the "#" of the mail's link. Throws when the delivery carries none. */
export async function linkOf(services: Services, deliveryId: string): Promise<string> {
  return deriveLink(services.keys, await codeIdOf(services, deliveryId));
}

async function codeIdOf(services: Services, deliveryId: string): Promise<string> {
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery?.codeId) throw new Error("this delivery carries no code");
  return delivery.codeId;
}
