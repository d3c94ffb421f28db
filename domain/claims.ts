// Open claims on one address: how they make room for each other, and how they end. A claim that has ended says nothing
// of why: expired, replaced and "somebody else has confirmed the address" look the same from outside (promise P6).
import type { Executor } from "@/db/client";
import { cancelOpenDeliveries } from "@/db/deliveries";
import type { UserRow } from "@/db/schema";
import { revokeAllSessions } from "@/db/sessions";
import { endClaims, listOpenClaims } from "@/db/users";
import { chooseClaimsToEnd } from "./claim-policy";

/** An open claim under this name, whatever its case. */
export function holdsUsername(
  user: Pick<UserRow, "username" | "emailConfirmedAt" | "claimExpiresAt">,
  username: string,
  now: Date,
): boolean {
  const isOpen = user.emailConfirmedAt === null && user.claimExpiresAt > now;
  return isOpen && user.username.toLowerCase() === username.toLowerCase();
}

/** Ends what one more claim on `email` has no room beside. Call under the address's lock, before the claim is made. */
export async function makeRoomForClaim(
  tx: Executor,
  email: string,
  networkHash: string | null,
  now: Date,
): Promise<void> {
  const open = await listOpenClaims(tx, email, now);
  await endClaimsNow(tx, chooseClaimsToEnd(open, networkHash), now);
}

/** Ends the open claims on an address other than the one that was just confirmed. Call under the address's lock. */
export async function endOtherClaims(
  tx: Executor,
  email: string,
  exceptId: string,
  now: Date,
): Promise<void> {
  const open = await listOpenClaims(tx, email, now);
  const others = open.map((claim) => claim.id).filter((id) => id !== exceptId);
  await endClaimsNow(tx, others, now);
}

/**
 * Ends claims, and with them their sessions and what is on its way. `isReplaced`: another one is about to name them as
 * what it replaces. Call under their addresses' locks.
 */
export async function endClaimsNow(
  tx: Executor,
  ids: string[],
  now: Date,
  { isReplaced = false } = {},
): Promise<void> {
  await endClaims(tx, ids, now, { isReplaced });
  await cancelOpenDeliveries(tx, ids, "claim_expired", now);
  await revokeAllSessions(tx, ids, now);
}
