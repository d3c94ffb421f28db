// Least data: what is kept for how long, in one list. docs/security.md prints it, and a test compares the two. A cron
// of the engine (`purge-expired-claims`) and a loop in every server process keep it, each without the other.
import { type Removable, removeOver, tableOf } from "@/db/retention";
import { forgetNetworksOfEndedClaims } from "@/db/users";
import type { Services } from "./services";

const HOUR = 3600;
const DAY = 24 * HOUR;

export type RetentionRule = {
  what: Removable;
  /** What it holds, for people. */
  holds: string;
  /** Seconds it stays after `since`. */
  keptSeconds: number;
  since: string;
  why: string;
};

/** Claims come first: most of the other rows go with them. */
export const RETENTION: readonly RetentionRule[] = [
  {
    what: "claims",
    holds: "registrations that were never confirmed, with their codes, mails, attempts and sessions",
    // Whether an owner was told is looked up a day back; a claim's last mail may be as young as its end.
    keptSeconds: DAY + HOUR,
    since: "the claim ended",
    why: "an owner is told once a day, and these say when",
  },
  {
    what: "codes",
    holds: "keyed hashes of codes, used or not",
    keptSeconds: 2 * DAY,
    since: "it was made",
    why: "no code lives longer than its claim, which is one day",
  },
  {
    what: "deliveries",
    holds: "mails to people with an account: address, state, every attempt and the provider's words",
    keptSeconds: 90 * DAY,
    since: "it was asked for",
    why: "complaints and questions about a mail come weeks later",
  },
  {
    what: "provider_events",
    holds: "ids of the provider's webhooks",
    keptSeconds: 7 * DAY,
    since: "it arrived",
    why: "providers send an event again for up to two days",
  },
  {
    what: "outbox",
    holds: "events that were published (ids only)",
    keptSeconds: 7 * DAY,
    since: "it was published",
    why: "to see what became of a mail",
  },
  {
    what: "sessions",
    holds: "sessions and their refresh tokens' hashes, the browser's name in words",
    keptSeconds: DAY,
    since: "it ended",
    why: "a used token that comes back is still known as such",
  },
  {
    what: "operator_sessions",
    holds: "keyed hashes of the operator's sign-ins",
    keptSeconds: 0,
    since: "it ended",
    why: "nothing is asked of it any more; the audit log has who signed in",
  },
  {
    what: "limits",
    holds: "keyed hashes of networks, addresses and names, and when they did something",
    keptSeconds: 0,
    since: "nothing in it counts any more, a day at most",
    why: "limits.ts",
  },
  {
    what: "audit_log",
    holds: "who did what: ids, keyed hash of the network",
    keptSeconds: 90 * DAY,
    since: "it happened",
    why: "to find out what happened to an account",
  },
  {
    what: "suppressions",
    holds: "addresses that bounced or complained",
    keptSeconds: 365 * DAY,
    since: "it was told",
    why: "mailing them harms everybody's mail; mailboxes do come back",
  },
  {
    what: "mail_stops",
    holds: "keyed hashes of addresses whose reader said “this wasn't me”",
    keptSeconds: 0,
    since: "the 30 days ended",
    why: "mail-stop.ts",
  },
  {
    what: "answer_times",
    holds: "how many registrations were answered when, and how quickly; about nobody",
    keptSeconds: 8 * DAY,
    since: "that time",
    why: "the operators' charts look seven days back",
  },
  {
    what: "removed_mails",
    holds: "what became of mails whose rows are removed, counted; about nobody",
    keptSeconds: 8 * DAY,
    since: "they were queued",
    why: "the same charts: mostly mails that failed are removed early, with their claims",
  },
  {
    what: "forgotten_ids",
    holds: "ids of people who are gone, for an engine that is away",
    keptSeconds: 7 * DAY,
    since: "they were erased",
    why: "it is told to forget them as soon as it answers, and these go with that; by then it has forgotten by itself",
  },
  {
    what: "server_processes",
    holds: "server processes and their circuit breakers; about nobody",
    keptSeconds: DAY,
    since: "it was last heard of",
    why: "a process that was killed does not sign off",
  },
  {
    what: "webhooks",
    holds: "what endpoints of others were told (ids, states), and every attempt",
    keptSeconds: 30 * DAY,
    since: "it happened",
    why: "to send anew what a receiver has lost",
  },
  {
    what: "canary",
    holds: "how registrations of our own fared",
    keptSeconds: 7 * DAY,
    since: "it began",
    why: "to see whether it has been so for days",
  },
];

/** Locks of one statement are short. */
const BATCH = 500;
/** Within the time that hosts give a function; some hundred thousand rows. What is left after a flood the next run removes. */
const RUN_MS = 20_000;

export type Purged = Partial<Record<Removable | "networks", number>>;

/**
 * Removes everything that is past its end date, `BATCH` rows a statement, for `runMs` at the most, and the
 * next run goes on. Safe in many processes at once. Returns how many rows of each kind that were, without
 * those that went with them.
 */
export async function purgeExpired(services: Services, runMs = RUN_MS): Promise<Purged> {
  const purged: Purged = {};
  const endsAt = performance.now() + runMs;
  for (const { what, keptSeconds } of RETENTION) {
    const before = new Date(services.clock().getTime() - keptSeconds * 1000);
    for (let removed = BATCH; removed === BATCH; ) {
      removed = await removeOver(services.db, what, before, BATCH);
      if (removed > 0) purged[what] = (purged[what] ?? 0) + removed;
      if (performance.now() > endsAt) break;
    }
  }
  // Where a claim came from is of no use once it is over, although the claim stays a day, unless another one replaces it.
  const networks = await forgetNetworksOfEndedClaims(services.db, services.clock());
  if (networks > 0) purged.networks = networks;
  if (Object.keys(purged).length > 0) services.log.info({ purged }, "Removed what was past its end date");
  return purged;
}

/** The list as a table in Markdown, as docs/security.md has it. */
export function describeRetention(): string {
  const rows = RETENTION.map(
    ({ what, holds, keptSeconds, since, why }) =>
      `| \`${tableOf(what)}\` | ${holds} | ${inWords(keptSeconds)} after ${since} | ${why} |`,
  );
  return ["| table | what | kept | why |", "|---|---|---|---|", ...rows].join("\n");
}

function inWords(seconds: number): string {
  if (seconds === 0) return "right";
  const hours = seconds / HOUR;
  if (hours % 24 === 0) return hours === 24 ? "1 day" : `${hours / 24} days`;
  return `${hours} hours`;
}
