// A browser has one session and may show several accounts: what a page posts says which of them it is about, so that it
// does nothing to another one (docs/decisions/038).
import { DomainError } from "./errors";
import type { Identity } from "./tokens";

/**
 * Throws `other_account` unless `accountId` is the id of who asks, in whatever case it is written (RFC 9562, 4). Does
 * nothing when none is named. Call before anything is counted.
 */
export function demandSameAccount({ userId }: Identity, accountId: string | null | undefined): void {
  if (accountId && accountId.toLowerCase() !== userId) throw new DomainError("other_account");
}
