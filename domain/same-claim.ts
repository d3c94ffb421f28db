// A browser has one session and may show several registrations: what a page posts says which of them it is about, so that
// it does nothing to another one (docs/decisions/038).
import { findDelivery } from "@/db/deliveries";
import { DomainError } from "./errors";
import type { Services } from "./services";

/**
 * Throws `other_registration` unless the mail was queued for `userId`: any mail, since another one may have been asked
 * for after the page was made. Does nothing when none is named. Call before anything is counted.
 */
export async function demandSameClaim(
  services: Services,
  userId: string,
  deliveryId: string | null | undefined,
): Promise<void> {
  if (!deliveryId) return;
  if (!(await isMailOfUser(services, userId, deliveryId))) throw new DomainError("other_registration");
}

/** Whether the mail was queued for `userId`. False for one that is gone. */
export async function isMailOfUser(services: Services, userId: string, deliveryId: string): Promise<boolean> {
  return (await findDelivery(services.db, deliveryId))?.userId === userId;
}
