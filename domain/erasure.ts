// A person goes: everywhere, at once, and so that nothing brings them back. The engine holds ids only (promise P5),
// which lead nowhere once the rows are gone, and is asked to forget those too; Intercom, where it was told of the person, is told to forget them; what the
// mail provider keeps of its own is said to who asks.

import { lockAddresses, onClaims } from "@/db/claim-transactions";
import type { Executor } from "@/db/client";
import {
  countTraces,
  lockUserOfId,
  lockUsersOfEmail,
  removeTraces,
  type TracedUser,
  type Traces,
} from "@/db/erasure";
import { keepForgottenIds } from "@/db/forgotten-ids";
import { findUser, holdAccount } from "@/db/users";
import { recordAudit } from "./audit-log";
import { planIntercomErasure } from "./intercom-sync";
import { forgetMailStop } from "./mail-stop";
import { forgetMailedAddress, keepOwnerNotices } from "./mailed-addresses";
import { accountGone, requirePassword, wrongPassword } from "./password-change";
import { forgetPerson } from "./rate-limit";
import type { Services } from "./services";
import type { Identity } from "./tokens";

/**
 * What is known about an address: its account, all claims on it, the claims that these have replaced, and what was sent
 * to it. Changes nothing.
 */
export async function findPerson(services: Services, email: string): Promise<Traces> {
  return onClaims(services, async (tx) => {
    await lockAddresses(tx, [email]);
    const users = await lockUsersOfEmail(tx, email);
    return countTraces(tx, idsOf(users), email);
  });
}

/**
 * Removes everything about a (normalised) address in one transaction: account, claims, whoever made them, mails,
 * events, audit rows, limits. A mail that is being handed over at that moment may still arrive. Returns what was
 * removed, all zero when nothing was known. The engine is told to forget the ids that went (inngest/forget.ts). The audit
 * log keeps that it was done, not to whom.
 */
export async function erasePerson(services: Services, email: string): Promise<Traces> {
  return onClaims(services, async (tx) => {
    await lockAddresses(tx, [email]);
    const users = await lockUsersOfEmail(tx, email);
    const traces = await countTraces(tx, idsOf(users), email);
    await removeAll(services, tx, users, email, { isByOperator: true });
    if (isKnown(traces))
      await recordAudit(services, tx, {
        type: "person_erased",
        actor: "operator",
        userId: null,
        details: { users: traces.accounts + traces.claims, deliveries: traces.deliveries },
      });
    return traces;
  });
}

/** True when there was anything about the person. */
export const isKnown = (traces: Traces): boolean => Object.values(traces).some((count) => count > 0);

/**
 * Deletes the account that asks, with its password (ASVS 5.0, 7.5.1). Its audit rows stay until their end, about
 * nobody; claims that others made on the address stay too, and so does what counts for a day about addresses that were
 * written to (mailed-addresses.ts). Throws `invalid_input` on `password` for a wrong one,
 * `sign_in_limit`, `invalid_token` when the account is gone.
 */
export async function deleteAccount(
  services: Services,
  identity: Identity,
  { password, network = null }: { password: string; network?: string | null | undefined },
): Promise<void> {
  const user = await findUser(services.db, identity.userId);
  if (!user) throw accountGone();
  await requirePassword(services, user, { password, field: "password", network });
  await onClaims(services, async (tx) => {
    await lockAddresses(tx, [user.email]);
    const users = await lockUserOfId(tx, user.id);
    const present = await holdAccount(tx, user.id);
    if (!present) throw accountGone();
    // The password was changed while it was looked at: whoever knew the old one is out.
    if (present.passwordHash !== user.passwordHash) throw wrongPassword("password");
    await recordAudit(services, tx, { type: "account_deleted", userId: user.id, network, details: {} });
    await removeAll(services, tx, users, user.email, { isByOperator: false });
  });
  services.log.info({ userId: user.id }, `Account ${user.id} deleted by its person`);
}

/**
 * `users`: of `email`, and what they have replaced, perhaps on other addresses: what counts about those stays. With
 * `isByOperator` what was sent to the address goes too, whoever asked for it, and so do the audit rows.
 */
async function removeAll(
  services: Services,
  tx: Executor,
  users: readonly TracedUser[],
  email: string,
  { isByOperator }: { isByOperator: boolean },
): Promise<void> {
  const elsewhere = await planIntercomErasure(tx, idsOf(users), services.clock());
  await keepOwnerNotices(services, tx, idsOf(users));
  const ids = await removeTraces(tx, idsOf(users), isByOperator ? email : null, {
    keepAudit: !isByOperator,
  });
  await elsewhere.announce();
  if (isByOperator) {
    await forgetMailStop(services, tx, email);
    await forgetMailedAddress(services, tx, email);
  }
  await forgetPerson(services, tx, {
    email,
    usernames: users.map((user) => user.username.toLowerCase()),
    networkHashes: users.flatMap((user) => user.claimNetwork ?? []),
  });
  await keepForgottenIds(tx, ids, services.clock());
}

const idsOf = (users: readonly TracedUser[]) => users.map(({ id }) => id);
