// Asks the limits of limits.ts. Who is counted is stored as a keyed hash only: the table tells nobody an address.
import { createHmac } from "node:crypto";
import type { Executor } from "@/db/client";
import { forgetHits, returnHits, takeHit } from "@/db/rate-limits";
import { type Client, wideNetworkOf } from "./client-network";
import { DomainError } from "./errors";
import { LIMITS, type Limit, nextFreeAt } from "./limits";
import { PUBLIC_MAILBOX_DOMAINS } from "./public-mailboxes";
import type { Services } from "./services";

/** Requests whose network is not known count together: better a limit that is too tight than none. */
const UNKNOWN_NETWORK = "unknown";

/** Keyed hash of a network, an address or a name, for a row that must not hold it in clear. */
export function hashSubject(services: Services, subject: string): string {
  return createHmac("sha256", services.keys.rateLimit).update(subject).digest("base64url").slice(0, 27);
}

const keyOf = (services: Services, limit: Limit, subject: string[]) =>
  `${limit.name}:${hashSubject(services, subject.join(" "))}`;

type Asked = { executor?: Executor; now?: Date };

/** Counts one for `subject`: null. When the limit is reached, the times that fill it, oldest first. */
async function askLimit(
  services: Services,
  limit: Limit,
  subject: string[],
  { executor = services.db, now = services.clock() }: Asked,
): Promise<Date[] | null> {
  if (!services.settings.rateLimits) return null;
  return takeHit(executor, keyOf(services, limit, subject), limit.windows, now);
}

/** The limit's error, with the time from which a try will be accepted. */
function refusedBy(services: Services, limit: Limit, hits: readonly Date[], now: Date): DomainError {
  services.log.info({ limit: limit.name }, `Refused by the limit ${limit.name}`);
  services.meter.limitHit(limit.name);
  return new DomainError(limit.code, {
    text: limit.text,
    nextAllowedAt: nextFreeAt(hits, limit.windows, now),
  });
}

/** Counts one for `subject`, or throws the limit's error. */
async function takeFromLimit(
  services: Services,
  limit: Limit,
  subject: string[],
  { executor = services.db, now = services.clock() }: Asked = {},
): Promise<void> {
  const hits = await askLimit(services, limit, subject, { executor, now });
  if (hits !== null) throw refusedBy(services, limit, hits, now);
}

/** What was counted when a try was let through. */
export type Admitted = {
  /** It counts no more: nothing came of the try, and whoever made it was told to come again in seconds. */
  giveBack: () => Promise<void>;
  /** From here on it counts, whatever becomes of it: a password was looked at. */
  keep: () => void;
  isKept: () => boolean;
};

function admittedBy(services: Services, counted: readonly [Limit, string[]][], now: Date): Admitted {
  let isKept = false;
  return {
    keep() {
      isKept = true;
    },
    isKept: () => isKept,
    async giveBack() {
      if (isKept || !services.settings.rateLimits) return;
      for (const [limit, subject] of counted)
        await returnHits(services.db, keyOf(services, limit, subject), [now]);
    },
  };
}

/**
 * Does what was let through. What this process was too `busy` to do costs no try, unless it was kept: being sent away
 * after the look at a password would tell that it was wrong, for nothing.
 */
export async function unlessBusy<Result>(admitted: Admitted, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DomainError && error.code === "busy") await admitted.giveBack();
    throw error;
  }
}

/**
 * Before any work is done for a registration: its network, then `judge`, then the site. The narrow one first, so that
 * one network cannot use up what is everybody's. Whom `judge` or the site's limit refuses is not counted by the
 * network's: they may come again at once, or in seconds.
 */
export async function admitRegistration(
  services: Services,
  network: string | null,
  judge: () => Promise<void> = async () => {},
): Promise<Admitted> {
  const subject = [network ?? UNKNOWN_NETWORK];
  const now = services.clock();
  await takeFromLimit(services, LIMITS.registrationsPerNetwork, subject, { now });
  // The site's counts for seconds, and everybody waits for its row.
  const admitted = admittedBy(services, [[LIMITS.registrationsPerNetwork, subject]], now);
  try {
    await judge();
    await takeFromLimit(services, LIMITS.registrationsOfSite, []);
  } catch (error) {
    await admitted.giveBack();
    throw error;
  }
  return admitted;
}

/**
 * A further mail for somebody who is registered already, last of all in the transaction that queues it: what is refused
 * for a reason of the claim's own must not use up what is everybody's, and everybody waits for this row.
 */
export async function admitFurtherMail(services: Services, executor: Executor, now: Date): Promise<void> {
  await takeFromLimit(services, LIMITS.furtherMailsOfSite, [], { executor, now });
}

/** A try to move a claim, before anything is asked about the new address. */
export async function admitAddressTry(services: Services, userId: string): Promise<void> {
  await takeFromLimit(services, LIMITS.addressTriesPerClaim, [userId]);
}

/** `networkHash`: what claims keep of their network (hashClaimNetwork), null when it is not known. */
export type ClaimOrigin = { email: string; networkHash: string | null };

/** For a claim's row and for limits of one address, which go by more than one /64 (wideNetworkOf). */
export const hashClaimNetwork = (services: Services, network: string): string =>
  hashSubject(services, wideNetworkOf(network));

/** What a claim may be counted in: all but the domain's. */
function subjectsOf({ email, networkHash }: ClaimOrigin): [Limit, string[]][] {
  const network = networkHash ?? UNKNOWN_NETWORK;
  const { share, all, reservedShare, reserved } = OF_ADDRESS;
  return [
    [share, [email, network]],
    [all, [email]],
    [reservedShare, [email, network]],
    [reserved, [email]],
  ];
}

/** What one address, or one domain, may get: each network its share, all together a limit, and a reserve beyond it. */
type SharedLimits = { share: Limit; all: Limit; reservedShare: Limit; reserved: Limit };

const OF_ADDRESS: SharedLimits = {
  share: LIMITS.claimsPerAddressAndNetwork,
  all: LIMITS.claimsPerAddress,
  reservedShare: LIMITS.reservedClaimsPerAddressAndNetwork,
  reserved: LIMITS.reservedClaimsPerAddress,
};
const OF_DOMAIN: SharedLimits = {
  share: LIMITS.claimsPerDomainAndNetwork,
  all: LIMITS.claimsPerDomain,
  reservedShare: LIMITS.reservedClaimsPerDomainAndNetwork,
  reserved: LIMITS.reservedClaimsPerDomain,
};

/** Counts one for `subject` by all its limits, or by what is reserved for networks that others must not lock out. */
async function takeShared(
  services: Services,
  { share, all, reservedShare, reserved }: SharedLimits,
  { subject, network }: { subject: string; network: string },
  asked: { executor: Executor; now: Date },
): Promise<void> {
  await takeFromLimit(services, share, [subject, network], asked);
  const hits = await askLimit(services, all, [subject], asked);
  if (hits === null) return;
  const isReserved =
    (await askLimit(services, reservedShare, [subject, network], asked)) === null &&
    (await askLimit(services, reserved, [subject], asked)) === null;
  if (!isReserved) throw refusedBy(services, all, hits, asked.now);
}

/**
 * A claim on an address, new or by change, in the transaction that makes it: what is rolled back (a username that is
 * taken) is not counted.
 */
export async function admitClaim(
  services: Services,
  executor: Executor,
  claim: ClaimOrigin,
  now: Date,
): Promise<void> {
  const { email, networkHash } = claim;
  const domain = email.slice(email.lastIndexOf("@") + 1);
  const network = networkHash ?? UNKNOWN_NETWORK;
  await takeShared(services, OF_ADDRESS, { subject: email, network }, { executor, now });
  if (!PUBLIC_MAILBOX_DOMAINS.has(domain))
    await takeShared(services, OF_DOMAIN, { subject: domain, network }, { executor, now });
}

/**
 * Takes a claim back from its address's limits, once it is confirmed: an address that has an owner since must be limited
 * like any other (promise P6). `at`: when its mails to the address were queued, some of which count here: the first, and
 * that of each change to this address.
 */
export async function uncountClaim(
  services: Services,
  executor: Executor,
  claim: ClaimOrigin,
  at: readonly Date[],
): Promise<void> {
  for (const [limit, subject] of subjectsOf(claim))
    await returnHits(executor, keyOf(services, limit, subject), at);
}

/**
 * Tries the link of a mail, and counts it if it is dead. One that works is never refused for the dead ones of others
 * behind the same network: 192 random or signed bits are not found by trying, so the limit has nothing to keep from it.
 */
export async function countDeadLinks<Result>(
  services: Services,
  client: Client,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DomainError && error.code === "link_over")
      await takeFromLimit(services, LIMITS.deadLinksPerNetwork, [client.network ?? UNKNOWN_NETWORK]);
    throw error;
  }
}

/** A stop of mail that is taken back, in the transaction that does it. */
export async function admitMailAgain(services: Services, executor: Executor, email: string): Promise<void> {
  await takeFromLimit(services, LIMITS.mailAgainPerAddress, [email], { executor });
}

/** A pair of tokens for a refresh token, in the transaction that uses it up: one that is refused can be used later. */
export async function admitRefresh(
  services: Services,
  executor: Executor,
  sessionId: string,
  now: Date,
): Promise<void> {
  await takeFromLimit(services, LIMITS.refreshesPerSession, [sessionId], { executor, now });
}

/** A change of a password, in the transaction that makes it: one that is refused for its fields costs nothing. */
export async function admitPasswordChange(
  services: Services,
  executor: Executor,
  userId: string,
  now: Date,
): Promise<void> {
  await takeFromLimit(services, LIMITS.passwordChangesPerAccount, [userId], { executor, now });
}

/** A try to sign in; `login` in one spelling, whether anybody has it or not. */
export async function admitSignIn(
  services: Services,
  login: string,
  network: string | null,
): Promise<Admitted> {
  const now = services.clock();
  const counted: [Limit, string[]][] = [
    [LIMITS.signInsPerNetwork, [network ?? UNKNOWN_NETWORK]],
    [LIMITS.signInsPerLoginAndNetwork, [login, network ?? UNKNOWN_NETWORK]],
    [LIMITS.signInsPerLogin, [login]],
  ];
  for (const [limit, subject] of counted) await takeFromLimit(services, limit, subject, { now });
  return admittedBy(services, counted, now);
}

/** Whether the password of a registration may be held to the claim that has its name. */
export async function admitRepeat(services: Services, username: string): Promise<boolean> {
  try {
    await takeFromLimit(services, LIMITS.repeatsPerName, [username.toLowerCase()]);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** The right password came: earlier tries with this name count no more. */
export async function forgetSignIns(
  services: Services,
  login: string,
  network: string | null,
): Promise<void> {
  if (!services.settings.rateLimits) return;
  const { signInsPerLoginAndNetwork, signInsPerLogin } = LIMITS;
  const { db } = services;
  await forgetHits(db, keyOf(services, signInsPerLoginAndNetwork, [login, network ?? UNKNOWN_NETWORK]));
  await forgetHits(db, keyOf(services, signInsPerLogin, [login]));
}

/**
 * Forgets what was counted for a person, as far as their address and names find it. What was counted together with a
 * network that is not known any more, or by a session's random id, ends by itself, a day later at most.
 */
export async function forgetPerson(
  services: Services,
  executor: Executor,
  person: { email: string; usernames: readonly string[]; networkHashes: readonly string[] },
): Promise<void> {
  const networks = [UNKNOWN_NETWORK, ...person.networkHashes];
  const { email } = person;
  const subjects: [Limit, string[]][] = [
    [LIMITS.mailAgainPerAddress, [email]],
    ...networks.flatMap((networkHash) => subjectsOf({ email, networkHash })),
    ...[email, ...person.usernames].flatMap((login): [Limit, string[]][] => [
      [LIMITS.signInsPerLogin, [login]],
      [LIMITS.signInsPerLoginAndNetwork, [login, UNKNOWN_NETWORK]],
      [LIMITS.repeatsPerName, [login]],
    ]),
  ];
  for (const [limit, subject] of subjects) await forgetHits(executor, keyOf(services, limit, subject));
}
