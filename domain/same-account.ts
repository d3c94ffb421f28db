// A browser has one session and may show several accounts: what a page posts says which of them it is about, so that it
// does nothing to another one (docs/decisions/038).
import { findUser } from "@/db/users";
import { DomainError } from "./errors";
import type { Services } from "./services";
import type { Identity } from "./tokens";

/**
 * Throws `other_account` unless `accountId` is the id of who asks, in whatever case it is written (RFC 9562, 4);
 * `other_registration` where that is somebody whose address waits for its code. Does
 * nothing when none is named. Call before anything is counted.
 */
export function demandSameAccount({ userId, scope }: Identity, accountId: string | null | undefined): void {
  if (accountId && accountId.toLowerCase() !== userId)
    throw new DomainError(scope === "claim" ? "other_registration" : "other_account");
}

/** Whether there is no account, and no registration, of this id any more. Ids are random: only who had it knows one. */
export async function isAccountGone(services: Services, accountId: string): Promise<boolean> {
  return (await findUser(services.db, accountId)) === null;
}
