// Compares what people were told and what the database says with what the inbox has. Pure; the inbox is the truth.
import type { AuditedAttempt, AuditedDelivery } from "@/db/audit";
import type { Transport } from "../product/product";
import type { Facts, MailFact, RegistrationFact } from "./facts";

export const FINDING_KINDS = [
  "lost",
  "doubled",
  "wrong_state",
  "orphaned_lease",
  "half_written",
  "late_mail",
  "dead_code",
  "wrong_answer",
  "process_ended",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** `subject`: the delivery, person or process it is about. */
export type Finding = { kind: FindingKind; subject: string; detail: string };

export type Verdict = {
  findings: Finding[];
  /**
   * What SMTP cannot promise, counted and not judged; always 0 with Resend. Each case has an attempt in the ledger whose
   * reply was lost (or its worker), and without one it is a finding.
   */
  unavoidable: {
    /** Mails beyond the first of a delivery. */
    extraMails: number;
    /** Deliveries that came more than once. */
    doubledDeliveries: number;
    /** Deliveries given up after six attempts, one of which had been accepted. */
    failedThoughDelivered: number;
  };
};

const OPEN = new Set<AuditedDelivery["status"]>(["queued", "sending", "retrying"]);
/** States that say that the provider has taken the mail. */
const TAKEN = new Set<AuditedDelivery["status"]>(["sent", "delivered", "bounced", "complained"]);

type Context = {
  facts: Facts;
  transport: Transport;
  attempts: Map<string, AuditedAttempt[]>;
  mails: Map<string, number>;
};

/** Judges settled facts: everything that is wrong, in the order of the people and deliveries. */
export function judge(facts: Facts, transport: Transport): Verdict {
  const context: Context = {
    facts,
    transport,
    attempts: groupBy(facts.attempts, (attempt) => attempt.deliveryId),
    mails: new Map(
      [...groupBy(facts.mails, (mail) => mail.deliveryId ?? "")].map(([id, all]) => [id, all.length]),
    ),
  };
  const findings = [
    ...facts.registrations.flatMap((registration) => judgeRegistration(context, registration)),
    ...judgeWholeness(facts),
    ...facts.deliveries.flatMap((delivery) => [
      ...judgeArrival(context, delivery),
      ...judgeState(context, delivery),
      ...judgeLedger(context, delivery),
      ...judgeLease(facts.now, delivery),
    ]),
    ...judgeEvents(facts),
    ...judgeStrays(facts),
    ...judgeConfirmed(facts),
    ...facts.codes.refused.map(({ username, detail }): Finding => {
      return { kind: "dead_code", subject: username, detail };
    }),
    ...facts.wrongAnswers.map(({ username, status, text }): Finding => {
      return {
        kind: "wrong_answer",
        subject: username,
        detail: `was answered ${status ?? "not at all"}: ${text}`,
      };
    }),
    ...facts.ended.map(({ part, how }): Finding => {
      return { kind: "process_ended", subject: part, detail: `ended by itself (${how})` };
    }),
  ];
  return { findings, unavoidable: countUnavoidable(context) };
}

/** Who was told that an account is there has one, with the delivery that was named. */
function judgeRegistration({ facts }: Context, registration: RegistrationFact): Finding[] {
  const { username, outcome, deliveryId } = registration;
  if (outcome !== "answered" && outcome !== "taken") return [];
  const user = facts.users.find((row) => row.username === username);
  if (!user) {
    const told = outcome === "answered" ? "answered 201" : "told that the name is taken";
    return [{ kind: "lost", subject: username, detail: `${told}, and there is no such account` }];
  }
  if (outcome === "taken") return [];
  const isThere = facts.deliveries.some((row) => row.id === deliveryId && row.userId === user.id);
  return isThere
    ? []
    : [
        {
          kind: "lost",
          subject: username,
          detail: `answered 201 with delivery ${deliveryId}, which is not there`,
        },
      ];
}

/** What exists is whole: one transaction wrote user, code, delivery and event, or nothing of them. */
function judgeWholeness({ users, deliveries, events, acts }: Facts): Finding[] {
  const half = (subject: string, detail: string): Finding => ({ kind: "half_written", subject, detail });
  const known = new Set(events.map((event) => event.deliveryId));
  const owners = new Map(users.map((user) => [user.id, user]));
  const byUser = groupBy(deliveries, (delivery) => delivery.userId);
  return [
    ...users.flatMap((user) => {
      const theirs = byUser.get(user.id) ?? [];
      const { length } = theirs.filter((delivery) => !isWelcome(delivery));
      const resends = acts.filter(({ kind, username }) => kind === "resend" && username === user.username);
      const max = 1 + resends.length;
      const min = 1 + resends.filter(({ outcome }) => outcome === "done").length;
      const welcomes = theirs.length - length;
      return [
        ...(length >= min && length <= max
          ? []
          : [half(user.username, `has ${length} deliveries instead of ${max === 1 ? "one" : max}`)]),
        ...(welcomes === (user.isConfirmed ? 1 : 0)
          ? []
          : [half(user.username, `has ${welcomes} mails of welcome, confirmed: ${user.isConfirmed}`)]),
      ];
    }),
    ...deliveries.flatMap((delivery) => {
      const owner = owners.get(delivery.userId);
      return [
        ...(owner ? [] : [half(delivery.id, "belongs to no account")]),
        ...(owner && owner.email !== delivery.recipient
          ? [half(delivery.id, "goes to another address")]
          : []),
        ...(delivery.hasCode || isWelcome(delivery) ? [] : [half(delivery.id, "has no code")]),
        ...(known.has(delivery.id) ? [] : [half(delivery.id, "has no event in the outbox")]),
      ];
    }),
  ];
}

const isWelcome = ({ kind }: AuditedDelivery) => kind === "welcome";

/** Each delivery reached the inbox, once, or was given up after all its attempts. */
function judgeArrival(context: Context, delivery: AuditedDelivery): Finding[] {
  const mails = context.mails.get(delivery.id) ?? 0;
  const ledger = context.attempts.get(delivery.id) ?? [];
  if (mails === 0) {
    const real = ledger.filter((attempt) => attempt.outcome === "failed").length - delivery.pacedCount;
    if (isCalledOff(context.facts, delivery)) return [];
    const isGivenUp = delivery.status === "failed" || delivery.status === "bounced";
    if (isGivenUp && real >= delivery.maxAttempts) return [];
    const detail = `never reached the inbox; it is ${delivery.status} after ${real} attempts of ${delivery.maxAttempts}`;
    return [{ kind: "lost", subject: delivery.id, detail }];
  }
  if (mails === 1 || isExplainedBySmtp(context, delivery)) return [];
  return [{ kind: "doubled", subject: delivery.id, detail: `reached the inbox ${mails} times` }];
}

/** What the row says is what the inbox knows, and nothing is left to do. */
function judgeState(context: Context, delivery: AuditedDelivery): Finding[] {
  const { id, status } = delivery;
  const wrong = (detail: string): Finding[] => [{ kind: "wrong_state", subject: id, detail }];
  const hasArrived = (context.mails.get(id) ?? 0) > 0;
  if (OPEN.has(status)) return wrong(`is still ${status}${hasArrived ? ", and the inbox has it" : ""}`);
  if (TAKEN.has(status)) return hasArrived ? [] : wrong(`is ${status}, and the inbox has no such mail`);
  if (!hasArrived) return [];
  // It had arrived, its reply was lost, and before the next try it was not needed any more.
  if (isCalledOff(context.facts, delivery)) return [];
  return status === "failed" && isExplainedBySmtp(context, delivery)
    ? []
    : wrong(`is ${status} (${delivery.reasonCode}), and the inbox has it`);
}

/** One row for each attempt, each with an end; one acceptance; no attempt too many. */
function judgeLedger({ attempts }: Context, delivery: AuditedDelivery): Finding[] {
  const ledger = attempts.get(delivery.id) ?? [];
  const count = (outcome: AuditedAttempt["outcome"]) =>
    ledger.filter((row) => row.outcome === outcome).length;
  const details: string[] = [];
  if (count("accepted") > 1) details.push(`has ${count("accepted")} accepted attempts`);
  if (ledger.length !== delivery.attemptCount)
    details.push(`counts ${delivery.attemptCount} attempts, and the ledger has ${ledger.length}`);
  // Fewer rows than counted: a worker that was taken for lost came back and told.
  if (count("lost") > delivery.lostCount)
    details.push(`counts ${delivery.lostCount} lost attempts, and the ledger has ${count("lost")}`);
  const tries = ledger.length - count("lost") - delivery.pacedCount;
  if (tries > delivery.maxAttempts) details.push(`was tried ${tries} times of ${delivery.maxAttempts}`);
  if (count(null) > 0 && !OPEN.has(delivery.status))
    details.push(`is ${delivery.status} with an attempt that has no end`);
  return details.map((detail) => ({ kind: "wrong_state", subject: delivery.id, detail }));
}

/** Called off for a reason that we know of: this person has confirmed, or asked for another mail. */
function isCalledOff({ acts, users }: Facts, { status, reasonCode, userId }: AuditedDelivery): boolean {
  if (status !== "cancelled") return false;
  const name = users.find((user) => user.id === userId)?.username;
  const reason = { confirm: "confirmed", resend: "superseded" } as const;
  return acts.some(({ kind, username }) => username === name && reasonCode === reason[kind]);
}

/** A mail whose conversation was under way when its reader confirmed may still be taken; EMAIL_TIMEOUT is 1 s here. */
const LATE_MS = 3_000;

/** Nobody gets a mail with a code after having confirmed. The mail of welcome is what they get then. */
function judgeConfirmed({ acts, mails, users, deliveries }: Facts): Finding[] {
  return acts.flatMap(({ kind, outcome, username, atMs }): Finding[] => {
    if (kind !== "confirm" || outcome !== "done") return [];
    const userId = users.find((user) => user.username === username)?.id;
    const ofClaim = deliveries.filter((row) => row.userId === userId && !isWelcome(row));
    const theirs = new Set(ofClaim.map(({ id }) => id));
    const isLate = (mail: MailFact) =>
      theirs.has(mail.deliveryId ?? "") && mail.receivedAtMs > atMs + LATE_MS;
    return mails.filter(isLate).map((mail) => ({
      kind: "late_mail",
      subject: username,
      detail: `got the code of mail ${mail.id} ${Math.round((mail.receivedAtMs - atMs) / 1000)} s after confirming`,
    }));
  });
}

function judgeLease(now: Date, { id, status, leaseToken, leaseUntil }: AuditedDelivery): Finding[] {
  const orphaned = (detail: string): Finding[] => [{ kind: "orphaned_lease", subject: id, detail }];
  if (status !== "sending")
    return leaseToken === null && leaseUntil === null ? [] : orphaned(`is ${status} with a lease`);
  return leaseUntil === null || leaseUntil < now ? orphaned("is held by a worker that is gone") : [];
}

/** Each event went to the engine, or what it would have started is done. */
function judgeEvents({ events, deliveries }: Facts): Finding[] {
  const status = new Map(deliveries.map((delivery) => [delivery.id, delivery.status]));
  return events.flatMap((event): Finding[] => {
    if (event.deliveryId !== null && !status.has(event.deliveryId))
      return [
        { kind: "half_written", subject: event.id, detail: `event ${event.name} is about no delivery` },
      ];
    const delivery = event.deliveryId === null ? undefined : status.get(event.deliveryId);
    if (event.publishedAt !== null || (delivery !== undefined && !OPEN.has(delivery))) return [];
    return [{ kind: "wrong_state", subject: event.id, detail: `event ${event.name} was never published` }];
  });
}

/** No mail that no row knows, and none to somebody else. */
function judgeStrays({ mails, deliveries }: Facts): Finding[] {
  const known = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return mails.flatMap((mail): Finding[] => {
    const delivery = mail.deliveryId === null ? undefined : known.get(mail.deliveryId);
    if (!delivery)
      return [
        { kind: "wrong_state", subject: mail.id, detail: "is in the inbox and belongs to no delivery" },
      ];
    if (delivery.recipient === mail.to) return [];
    return [
      { kind: "wrong_state", subject: mail.id, detail: `went to ${mail.to}, not to ${delivery.recipient}` },
    ];
  });
}

/** Attempts after which the server may have had the mail: it said so, its reply was lost, or our worker was. */
function countPossibleHandovers(ledger: readonly AuditedAttempt[]): number {
  return ledger.filter(
    ({ outcome, errorClass }) =>
      outcome === "accepted" ||
      outcome === "deduplicated" ||
      outcome === "lost" ||
      (outcome === "failed" && errorClass === "ambiguous"),
  ).length;
}

/** Over SMTP each attempt whose reply was lost may have been a mail. With Resend nothing explains a second one. */
function isExplainedBySmtp({ transport, attempts, mails }: Context, { id }: AuditedDelivery): boolean {
  return transport === "smtp" && (mails.get(id) ?? 0) <= countPossibleHandovers(attempts.get(id) ?? []);
}

function countUnavoidable(context: Context): Verdict["unavoidable"] {
  const explained = context.facts.deliveries.filter((delivery) => isExplainedBySmtp(context, delivery));
  const mailsOf = ({ id }: AuditedDelivery) => context.mails.get(id) ?? 0;
  const doubled = explained.filter((delivery) => mailsOf(delivery) > 1);
  return {
    extraMails: doubled.reduce((sum, delivery) => sum + mailsOf(delivery) - 1, 0),
    doubledDeliveries: doubled.length,
    failedThoughDelivered: explained.filter((row) => row.status === "failed" && mailsOf(row) > 0).length,
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
