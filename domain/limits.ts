// Every limit on how often something may be done, in one list. All processes share them through Postgres
// (db/rate-limits.ts), and when Postgres cannot be asked, nothing is let through: they fail closed, together with
// everything else that needs the database. `RATE_LIMITS=off` switches this list off, on loopback only.
//
// Each window slides: no stretch of time as long as `seconds` holds more than `limit`. Tries count, not successes, and
// so do a name that is taken and a password that is too common. What does not: input that is refused for its form (422),
// and whoever is told to come again in seconds, by the site's limit or because hashing is `busy`. But a sign-in that meets
// a full line of the replaced system's hashes counts: who has a new hash comes there with a wrong password only, and
// must not learn that for nothing (docs/decisions/027). A network is an IPv4 address or the /64 of an IPv6 one.
//
// Held elsewhere, and never off. Counted by address, whatever becomes of claims, accounts and names:
//   resends     5 an hour and 10 a day per address                                      resend-policy.ts
//   notices     one a day to the owner of an address                                    mailed-addresses.ts
// Counted on the claim's own rows:
//   resends     60, 120, 300 s apart per claim                                          resend-policy.ts
//   codes       5 tries a code, 20 wrong ones a claim                                   confirmation-code.ts
//   addresses   3 changes a claim                                                       address-change.ts
//   claims      3 open ones an address; a fourth ends one of them                       claim-policy.ts
//   proofs      asked for above PROOF_OF_WORK_ABOVE registrations an hour               proof-of-work.ts
//   hashing     2 passwords at once per process, 500 waiting                            password.ts
//               1 of the replaced system's, 24 waiting                              django-password.ts
//   streams     20 of a person at once per process; one more ends the oldest            app/_http/open-streams.ts
import type { RateWindow } from "@/db/rate-limits";
import type { ErrorCode, SentenceName } from "./errors";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

export type Limit = {
  /** Names the limit in the table, in logs and in metrics; never renamed while it counts. */
  name: string;
  windows: readonly RateWindow[];
  code: ErrorCode;
  /** For the person who is refused; the time to wait stands beside it. */
  text: SentenceName;
};

export const LIMITS = {
  /** One client: enough for a classroom behind one address over a morning, too little to be worth a script. */
  registrationsPerNetwork: {
    name: "registrations-per-network",
    windows: [{ limit: 20, seconds: HOUR }],
    code: "registration_limit",
    text: "registration_limit",
  },
  /**
   * First mails to one mailbox, from registrations and changes of address. Apart from the resends', so that whoever
   * uses those up on a claim of theirs does not keep the owner from registering.
   */
  claimsPerAddress: {
    name: "claims-per-address",
    windows: [
      { limit: 6, seconds: HOUR },
      { limit: 12, seconds: DAY },
    ],
    code: "address_limit",
    text: "address_limit",
  },
  /** Half of that: a single stranger cannot use up what a mailbox may get. By wideNetworkOf. */
  claimsPerAddressAndNetwork: {
    name: "claims-per-address-and-network",
    windows: [
      { limit: 3, seconds: HOUR },
      { limit: 6, seconds: DAY },
    ],
    code: "address_limit",
    text: "address_limit",
  },
  /**
   * Beyond claimsPerAddress, one a day for each network: so many more networks than two does it take to keep an owner
   * out who comes from one of their own.
   */
  reservedClaimsPerAddress: {
    name: "reserved-claims-per-address",
    windows: [
      { limit: 3, seconds: HOUR },
      { limit: 6, seconds: DAY },
    ],
    code: "address_limit",
    text: "address_limit",
  },
  reservedClaimsPerAddressAndNetwork: {
    name: "reserved-claims-per-address-and-network",
    windows: [{ limit: 1, seconds: DAY }],
    code: "address_limit",
    text: "address_limit",
  },
  /** Tries to move a claim, refused ones too: each may ask the DNS about a domain. Three succeed (address-change.ts). */
  addressTriesPerClaim: {
    name: "address-tries-per-claim",
    windows: [{ limit: 20, seconds: HOUR }],
    code: "change_limit",
    text: "change_tries_limit",
  },
  /** First mails to one domain, against floods of made-up names. Not for public-mailboxes.ts. */
  claimsPerDomain: {
    name: "claims-per-domain",
    windows: [{ limit: 100, seconds: HOUR }],
    code: "domain_limit",
    text: "domain_limit",
  },
  /** A quarter of that, and more than registrationsPerNetwork: a single stranger cannot use up what a company may get. */
  claimsPerDomainAndNetwork: {
    name: "claims-per-domain-and-network",
    windows: [{ limit: 25, seconds: HOUR }],
    code: "domain_limit",
    text: "domain_limit",
  },
  /** Beyond claimsPerDomain, one an hour for each network, as for an address: fifty networks it takes to use this up. */
  reservedClaimsPerDomain: {
    name: "reserved-claims-per-domain",
    windows: [{ limit: 50, seconds: HOUR }],
    code: "domain_limit",
    text: "domain_limit",
  },
  reservedClaimsPerDomainAndNetwork: {
    name: "reserved-claims-per-domain-and-network",
    windows: [{ limit: 1, seconds: HOUR }],
    code: "domain_limit",
    text: "domain_limit",
  },
  /**
   * A registration under a name that is taken is held to that name's claim: the same one again is answered, and a password
   * could be guessed by it. With what signing in lets through for a name, a hundred an hour (NIST SP 800-63B 3.2.2). Who
   * is beyond it is told that the name is taken, as anybody else.
   */
  repeatsPerName: {
    name: "repeats-per-name",
    windows: [{ limit: 50, seconds: HOUR }],
    code: "registration_limit",
    text: "registration_limit",
  },
  /** All registrations together. Short, so that a rush waits seconds and not minutes. */
  registrationsOfSite: {
    name: "registrations-of-site",
    windows: [{ limit: 100, seconds: 10 }],
    code: "site_limit",
    text: "site_limit",
  },
  /** The reserved lane: further mails for those who are registered already, whatever registrations use up. */
  furtherMailsOfSite: {
    name: "further-mails-of-site",
    windows: [{ limit: 100, seconds: 10 }],
    code: "site_limit",
    text: "site_mail_limit",
  },
  /** Links of mails that were no links of ours, or are over. One that works is neither counted nor refused. */
  deadLinksPerNetwork: {
    name: "dead-links-per-network",
    windows: [{ limit: 30, seconds: 15 * MINUTE }],
    code: "link_limit",
    text: "link_limit",
  },
  /** “This wasn't me” taken back. The button itself has no limit: once its stop holds, it changes and writes nothing. */
  mailAgainPerAddress: {
    name: "mail-again-per-address",
    windows: [{ limit: 5, seconds: DAY }],
    code: "link_limit",
    text: "mail_again_limit",
  },
  /** Access tokens live 15 minutes, so four would do. Each leaves a row for as long as its session (tokens.ts). */
  refreshesPerSession: {
    name: "refreshes-per-session",
    windows: [{ limit: 30, seconds: HOUR }],
    code: "refresh_limit",
    text: "refresh_limit",
  },
  /** Each is told to the mailbox: whoever has the password must not be able to bury it. As many as resends. */
  passwordChangesPerAccount: {
    name: "password-changes-per-account",
    windows: [
      { limit: 5, seconds: HOUR },
      { limit: 10, seconds: DAY },
    ],
    code: "password_limit",
    text: "password_limit",
  },
  signInsPerNetwork: {
    name: "sign-ins-per-network",
    windows: [{ limit: 60, seconds: 15 * MINUTE }],
    code: "sign_in_limit",
    text: "sign_in_network_limit",
  },
  /**
   * What is typed is what is counted, and an account has two names, username and address: so ten tries at it. One count for
   * both would tell which name and which address belong together. Begins anew when the right password comes.
   */
  signInsPerLoginAndNetwork: {
    name: "sign-ins-per-login-and-network",
    windows: [{ limit: 5, seconds: 15 * MINUTE }],
    code: "sign_in_limit",
    text: "sign_in_limit",
  },
  /**
   * From everywhere, an hour: NIST SP 800-63B 3.2.2 allows an account at most 100 failures in a row; half of that for each
   * of its two names. Ten times what one network may try at once, and more than it may in an hour, so that one stranger
   * cannot lock an owner out (ASVS 5.0, 6.1.1).
   */
  signInsPerLogin: {
    name: "sign-ins-per-login",
    windows: [{ limit: 50, seconds: HOUR }],
    code: "sign_in_limit",
    text: "sign_in_limit",
  },
} as const satisfies Record<string, Limit>;

/** When the next one will be counted, given the times counted so far, oldest first. Pure. */
export function nextFreeAt(hits: readonly Date[], windows: readonly RateWindow[], now: Date): Date {
  const frees = windows.flatMap(({ limit, seconds }) => {
    const oldestThatFills = hits.at(-limit);
    return oldestThatFills && hits.length >= limit ? [oldestThatFills.getTime() + seconds * 1000] : [];
  });
  // A place that came free while we looked: still never "now", or a client would come back at once for ever.
  return new Date(Math.max(now.getTime() + 1000, ...frees));
}
