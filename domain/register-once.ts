// Registering from a page, where the same person comes again: the answer was lost on the way, the button was pressed
// twice, or the address was mended after the browser's back button. Their own waiting claim must not tell them that
// their name is taken (docs/decisions/009).

import { inTransaction } from "@/db/client";
import { readConfirmationRows } from "@/db/confirmation-rows";
import { findUser, findUserByUsername, holdAccount } from "@/db/users";
import { recordAudit } from "./audit-log";
import { holdsUsername } from "./claims";
import { DomainError } from "./errors";
import { verifySignIn } from "./password";
import { admitRepeat } from "./rate-limit";
import {
  countOutcome,
  prepareClaim,
  type Registration,
  type RegistrationInput,
  writeRegistration,
} from "./registration";
import type { Services } from "./services";
import { recordRefusal } from "./sign-in";
import { type Identity, startSession } from "./tokens";
import { describeUser } from "./user-data";

/** The claim that was there, with its newest mail and a new session: nothing was queued for it. */
export type Repetition = Omit<Registration, "event" | "outboxId"> & { isRepetition: true };

export const isRepetition = (done: Registration | Repetition): done is Repetition => "isRepetition" in done;

/**
 * As registerUser, and for a name that an open claim holds:
 * the same registration again (name, address, and a password that is that claim's) is answered with that claim;
 * `asker`, who holds that claim in their browser, gives it up for the new one, in the same transaction.
 * `asker` must have been seen to ask from a page of ours: another site must not end anybody's claim.
 */
export function registerOnce(
  services: Services,
  input: RegistrationInput,
  asker: Identity | null,
): Promise<Registration | Repetition> {
  const register = async () => {
    const claim = await prepareClaim(services, input);
    const own = asker && (await findUser(services.db, asker.userId));
    const replaced = own && holdsUsername(own, input.username, claim.createdAt) ? own : null;
    // Not mended: what is on its way to that address is what was asked for.
    const same = replaced?.email === input.email ? await repeat(services, input, { isOwn: true }) : null;
    if (same) return same;
    try {
      return await writeRegistration(services, input, claim, replaced?.id);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "username_taken") throw error;
      const repeated = await repeat(services, input, { isOwn: false });
      if (!repeated) throw error;
      return repeated;
    }
  };
  return countOutcome(services, (done) => (isRepetition(done) ? "repeated" : "registered"), register);
}

/**
 * Null unless the name's holder is an open claim on this address with this password. The work is the same whoever holds
 * the name and whatever the address is, so that the time tells nobody who waits for which address. `isOwn`: who asks
 * holds that claim, and another password than its own is a new choice and no try.
 */
async function repeat(
  services: Services,
  input: RegistrationInput,
  { isOwn }: { isOwn: boolean },
): Promise<Repetition | null> {
  const { username, email, password, network, device } = input;
  const isSame = (user: { email: string } & Parameters<typeof holdsUsername>[0]) =>
    user.email === email && holdsUsername(user, username, services.clock());
  if (!(await admitRepeat(services, username))) return null;
  const holder = await findUserByUsername(services.db, username);
  const claim = holder && isSame(holder) ? holder : null;
  if (!(await verifySignIn(claim?.passwordHash ?? null, password, 0)) || !claim) {
    if (!isOwn) await recordMiss(services, claim?.id ?? null, network ?? null);
    return null;
  }
  return inTransaction(services.db, async (tx) => {
    const user = await holdAccount(tx, claim.id);
    if (!user || !isSame(user) || user.passwordHash !== claim.passwordHash) return null;
    const mail = (await readConfirmationRows(tx, user.id, user.createdAt))?.delivery;
    if (!mail) return null;
    await recordAudit(services, tx, {
      type: "signed_in",
      userId: user.id,
      network,
      details: { scope: "claim" },
    });
    const session = await startSession(services, tx, {
      userId: user.id,
      scope: "claim",
      endsAt: user.claimExpiresAt,
      device,
    });
    return { isRepetition: true, deliveryId: mail.id, user: describeUser(user), session };
  });
}

/** A claim's password was tried, as at a sign-in; or none was. One row for either, so that the time is the same. */
async function recordMiss(services: Services, claimId: string | null, network: string | null): Promise<void> {
  if (claimId) return recordRefusal(services, claimId, network);
  const details = { reason: "username_taken" as const };
  await recordAudit(services, services.db, { type: "registration_refused", userId: null, network, details });
}
