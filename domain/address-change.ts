// A mistyped address, mended before it was confirmed: the claim moves, the mail to the old one is called off. The new
// one is told why a code comes to it, the old one nothing (docs/decisions/025).
import { lockClaim, onClaims } from "@/db/claim-transactions";
import { endCodes } from "@/db/codes";
import { cancelOpenDeliveries } from "@/db/deliveries";
import { changeClaimAddress, findConfirmedUserByEmail } from "@/db/users";
import { judgeAddress } from "./address-check";
import { recordAudit } from "./audit-log";
import { makeRoomForClaim } from "./claims";
import { DomainError, invalidField } from "./errors";
import { DELIVERY_REQUESTED } from "./events";
import { furtherMailsKey } from "./mailed-addresses";
import { admitAddressTry, admitClaim, admitFurtherMail } from "./rate-limit";
import { type QueuedDelivery, queueDelivery } from "./registration";
import type { Services } from "./services";

/** A person mends a slip, and perhaps the mending; more than that is somebody looking for mailboxes. */
export const ADDRESS_CHANGES_PER_CLAIM = 3;

/**
 * Moves a claim to another (normalised) address: what was on its way is called off, no code sent so far works any
 * more, and a new one goes out, all in one transaction. An address that has an owner gets the same work and answer,
 * its owner another mail (promise P6). Wrong codes typed before still count.
 * Throws `invalid_input` for the present address or one that cannot get mail, `already_confirmed`, `change_limit`,
 * `invalid_token` when the claim is over, and what limits.ts lists.
 */
export async function changeAddress(
  services: Services,
  userId: string,
  email: string,
): Promise<QueuedDelivery> {
  await admitAddressTry(services, userId);
  await judgeAddress(services, email);
  return onClaims(services, async (tx) => {
    const user = await lockClaim(tx, userId, email);
    const now = services.clock();
    if (user?.emailConfirmedAt) throw new DomainError("already_confirmed");
    if (!user || user.claimExpiresAt <= now)
      throw new DomainError("invalid_token", { text: "registration_over" });
    if (user.email === email) throw sameAddress();
    if (user.addressChangeCount >= ADDRESS_CHANGES_PER_CLAIM)
      // Until then the claim stays what it is.
      throw new DomainError("change_limit", { nextAllowedAt: user.claimExpiresAt });
    await makeRoomForClaim(tx, email, user.claimNetwork, now);
    await changeClaimAddress(tx, userId, { email, furtherMailsKey: furtherMailsKey(services, email) });
    await cancelOpenDeliveries(tx, [userId], "superseded", now);
    // They prove the old mailbox, and would now confirm the new one.
    await endCodes(tx, userId, now);
    await recordAudit(services, tx, { type: "address_changed", userId, details: {} });
    const owner = await findConfirmedUserByEmail(tx, email);
    const queued = await queueDelivery(
      services,
      tx,
      { id: userId, email, language: user.language },
      { owner, eventName: DELIVERY_REQUESTED, now, kind: "address_changed" },
    );
    // Last of all (db/locks.ts): the domain's row and the site's are everybody's.
    await admitClaim(services, tx, { email, networkHash: user.claimNetwork }, now);
    await admitFurtherMail(services, tx, now);
    return queued;
  });
}

function sameAddress(): DomainError {
  return invalidField({ field: "email", code: "same_address", text: "same_address" });
}
