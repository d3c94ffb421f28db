// What went to an address counts for a day, whatever becomes of the claim that asked for it, of its account or its name:
// rows of those are a stranger's to remove, these are nobody's. By keyed hash of the address; never off, unlike limits.ts.
import type { Executor } from "@/db/client";
import { listRecipients } from "@/db/deliveries";
import { lockOpenDeliveries } from "@/db/locks";
import { findOwnerNotice, keepNotices } from "@/db/owner-notices";
import { addHit, forgetHits, readHits, returnHits } from "@/db/rate-limits";
import type { DeliveryRow } from "@/db/schema";
import { addSeconds } from "./clock";
import { hashSubject } from "./rate-limit";
import type { Services } from "./services";

/** Of further mails: the longest window of resend-policy.ts. */
const DAY_SECONDS = 24 * 3600;
const OWNER_NOTICE_SECONDS = 24 * 3600;

/** Names of rows in the limits' table; never renamed while they count. */
const FURTHER_MAILS = "further-mails-per-address";
const OWNER_NOTICES = "owner-notices-per-address";

const keyOf = (services: Services, name: string, email: string) => `${name}:${hashSubject(services, email)}`;

/** Where further mails to an address are counted. Claims keep it, so that one statement reads both. */
export const furtherMailsKey = (services: Services, email: string) => keyOf(services, FURTHER_MAILS, email);

/** When further mails (not a claim's first) were queued for an address since `since`, by any claim, oldest first. */
export async function listFurtherMails(
  services: Services,
  executor: Executor,
  email: string,
  since: Date,
): Promise<Date[]> {
  const hits = await readHits(executor, furtherMailsKey(services, email));
  return hits.filter((hit) => hit > since);
}

/** Counts one, whoever asked for it; whether it may be queued is for resend-policy.ts. Call under the address's lock. */
export function countFurtherMail(
  services: Services,
  executor: Executor,
  email: string,
  now: Date,
): Promise<void> {
  return addHit(executor, furtherMailsKey(services, email), DAY_SECONDS, now);
}

/**
 * Takes the mails back that were queued for a claim on this address, once it is confirmed: an address that has an owner
 * since must be limited like any other (promise P6). Mails to other addresses of that claim go on counting.
 */
export function uncountFurtherMails(
  services: Services,
  executor: Executor,
  email: string,
  queuedAt: readonly Date[],
): Promise<void> {
  return returnHits(executor, furtherMailsKey(services, email), queuedAt);
}

const ownerNoticesKey = (services: Services, email: string) => keyOf(services, OWNER_NOTICES, email);

/**
 * What has told the owner of this delivery's address within OWNER_NOTICE_SECONDS, or may have; null when nothing has.
 * `id`: that delivery, null when its rows are gone. Whoever asks next waits until the transaction ends.
 */
export function findNoticeOfDay(
  services: Services,
  tx: Executor,
  delivery: Pick<DeliveryRow, "id" | "recipient">,
  now: Date,
): Promise<{ id: string | null } | null> {
  const since = addSeconds(now, -OWNER_NOTICE_SECONDS);
  return findOwnerNotice(tx, delivery, { since, keptKey: ownerNoticesKey(services, delivery.recipient) });
}

/**
 * Keeps that owners were told within a day by mails of these users, whose rows are about to go. The same statements
 * whether any was (promise P6). Call after the users are locked.
 */
export async function keepOwnerNotices(
  services: Services,
  tx: Executor,
  userIds: readonly string[],
): Promise<void> {
  const since = addSeconds(services.clock(), -OWNER_NOTICE_SECONDS);
  await lockOpenDeliveries(tx, userIds);
  const recipients = await listRecipients(tx, userIds);
  const kept = recipients.map((recipient) => ({ recipient, key: ownerNoticesKey(services, recipient) }));
  await keepNotices(tx, { userIds, kept, since, keptSeconds: OWNER_NOTICE_SECONDS });
}

/** The address is like any other again: for erasing a person, which nobody but an operator does. */
export async function forgetMailedAddress(
  services: Services,
  executor: Executor,
  email: string,
): Promise<void> {
  await forgetHits(executor, furtherMailsKey(services, email));
  await forgetHits(executor, ownerNoticesKey(services, email));
}
