// Asks the limits of limits.ts. Who is counted is stored as a keyed hash only: the table tells nobody an address.
import { createHmac } from "node:crypto";
import type { Executor } from "@/db/client";
import { forgetHits, takeHit } from "@/db/rate-limits";
import { DomainError } from "./errors";
import { LIMITS, type Limit, nextFreeAt, PUBLIC_MAILBOX_DOMAINS } from "./limits";
import type { Services } from "./services";

/** Requests whose network is not known count together: better a limit that is too tight than none. */
const UNKNOWN_NETWORK = "unknown";

/** Keyed hash of a network, an address or a name, for a row that must not hold it in clear. */
export function hashSubject(services: Services, subject: string): string {
  return createHmac("sha256", services.keys.rateLimit).update(subject).digest("base64url").slice(0, 27);
}

const keyOf = (services: Services, limit: Limit, subject: string[]) =>
  `${limit.name}:${hashSubject(services, subject.join(" "))}`;

/** Counts one for `subject`, or throws the limit's error with the time from which it will be accepted. */
export async function takeFromLimit(
  services: Services,
  executor: Executor,
  limit: Limit,
  ...subject: string[]
): Promise<void> {
  if (!services.settings.rateLimits) return;
  const now = services.clock();
  const hits = await takeHit(executor, keyOf(services, limit, subject), limit.windows, now);
  if (hits === null) return;
  services.log.info({ limit: limit.name }, `Refused by the limit ${limit.name}`);
  throw new DomainError(limit.code, limit.sentence, { nextAllowedAt: nextFreeAt(hits, limit.windows, now) });
}

/** Before any work is done for a registration: its network, then the site. The narrow one first, so that one network cannot use up what is everybody's. */
export async function admitRegistration(services: Services, network: string | null): Promise<void> {
  await takeFromLimit(services, services.db, LIMITS.registrationsPerNetwork, network ?? UNKNOWN_NETWORK);
  await takeFromLimit(services, services.db, LIMITS.registrationsOfSite);
}

/** A further mail for somebody who is registered already. */
export async function admitFurtherMail(services: Services): Promise<void> {
  await takeFromLimit(services, services.db, LIMITS.furtherMailsOfSite);
}

/**
 * A claim on an address, new or by change, inside the transaction that makes it: what is rolled back (a username that
 * is taken) is not counted.
 */
export async function admitClaim(
  services: Services,
  tx: Executor,
  { email, network }: { email: string; network: string | null },
): Promise<void> {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  const { claimsPerAddressAndNetwork, claimsPerAddress, claimsPerDomain } = LIMITS;
  await takeFromLimit(services, tx, claimsPerAddressAndNetwork, email, network ?? UNKNOWN_NETWORK);
  await takeFromLimit(services, tx, claimsPerAddress, email);
  if (!PUBLIC_MAILBOX_DOMAINS.has(domain)) await takeFromLimit(services, tx, claimsPerDomain, domain);
}

/** A try to sign in; `login` in one spelling, whether anybody has it or not. */
export async function admitSignIn(services: Services, login: string, network: string | null): Promise<void> {
  const { signInsPerNetwork, signInsPerLoginAndNetwork, signInsPerLogin } = LIMITS;
  await takeFromLimit(services, services.db, signInsPerNetwork, network ?? UNKNOWN_NETWORK);
  await takeFromLimit(services, services.db, signInsPerLoginAndNetwork, login, network ?? UNKNOWN_NETWORK);
  await takeFromLimit(services, services.db, signInsPerLogin, login);
}

/** The right password came: earlier tries with this name count no more. */
export async function forgetSignIns(
  services: Services,
  login: string,
  network: string | null,
): Promise<void> {
  if (!services.settings.rateLimits) return;
  const { signInsPerLoginAndNetwork, signInsPerLogin } = LIMITS;
  await forgetHits(
    services.db,
    keyOf(services, signInsPerLoginAndNetwork, [login, network ?? UNKNOWN_NETWORK]),
  );
  await forgetHits(services.db, keyOf(services, signInsPerLogin, [login]));
}
