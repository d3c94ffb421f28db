// What people were told, and did, against what the database says of them. Pure.
import type { AuditedAttempt } from "@/db/audit";
import { type Facts, listConfirmed, type RegistrationFact } from "./facts";
import { type Context, type Finding, isWelcome } from "./findings";

export function judgePeople(context: Context): Finding[] {
  return [
    ...context.facts.registrations.flatMap((registration) => judgeRegistration(context, registration)),
    ...judgeWholeness(context),
    ...judgeConfirmations(context),
    ...judgeLateMails(context),
  ];
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
function judgeWholeness({ facts, users: owners, deliveriesOf, codeMailsOf }: Context): Finding[] {
  const { users, deliveries, events, acts } = facts;
  const half = (subject: string, detail: string): Finding => ({ kind: "half_written", subject, detail });
  const known = new Set(events.map((event) => event.deliveryId));
  return [
    ...users.flatMap((user) => {
      const { length } = codeMailsOf.get(user.id) ?? [];
      const resends = acts.filter(({ kind, username }) => kind === "resend" && username === user.username);
      const max = 1 + resends.length;
      const min = 1 + resends.filter(({ outcome }) => outcome === "done").length;
      const welcomes = (deliveriesOf.get(user.id)?.length ?? 0) - length;
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

/** Confirmed is who was told so, and nobody who typed no code, or who got no mail to read one in. */
function judgeConfirmations({ facts, codeMailsOf, mails }: Context): Finding[] {
  const { users, acts, codes } = facts;
  const done = namesOf(acts, (act) => act.outcome === "done");
  const mayBeDone = namesOf(acts, () => true);
  for (const { username } of codes.accepted) for (const set of [done, mayBeDone]) set.add(username);
  // Whose code was refused, or got no answer, is found anyway.
  for (const { username } of codes.refused) mayBeDone.add(username);
  return users.flatMap((user): Finding[] => {
    const { username, isConfirmed } = user;
    if (!isConfirmed)
      return done.has(username)
        ? [
            {
              kind: "lost",
              subject: username,
              detail: "was told that the address is confirmed, and it is not",
            },
          ]
        : [];
    const wrong = (detail: string): Finding => ({ kind: "wrong_state", subject: username, detail });
    const hasMail = (codeMailsOf.get(user.id) ?? []).some(({ id }) => mails.has(id));
    return [
      ...(mayBeDone.has(username) ? [] : [wrong("is confirmed, and has typed no code")]),
      ...(hasMail ? [] : [wrong("is confirmed, and got no mail with a code")]),
    ];
  });
}

const namesOf = (acts: Facts["acts"], isMeant: (act: Facts["acts"][number]) => boolean) =>
  new Set(acts.filter((act) => act.kind === "confirm" && isMeant(act)).map(({ username }) => username));

/** A conversation that was under way when its reader confirmed: EMAIL_TIMEOUT is 1 s here, and a busy machine's second. */
const LATE_MS = 2_000;

/**
 * Nobody gets a mail with a code after having confirmed, but one that was being handed over just then. The mail of
 * welcome is what they get then.
 */
function judgeLateMails({ facts, codeMailsOf, attempts }: Context): Finding[] {
  const { mails, users } = facts;
  return listConfirmed(facts).flatMap(({ username, atMs }): Finding[] => {
    const userId = users.find((user) => user.username === username)?.id ?? "";
    const theirs = new Set((codeMailsOf.get(userId) ?? []).map((row) => row.id));
    const late = mails.filter(({ deliveryId, receivedAtMs }) => {
      if (deliveryId === null || !theirs.has(deliveryId) || receivedAtMs <= atMs) return false;
      const ledger = attempts.get(deliveryId) ?? [];
      return receivedAtMs > atMs + LATE_MS || !ledger.some((attempt) => wasUnderWay(attempt, atMs));
    });
    return late.map((mail) => ({
      kind: "late_mail",
      subject: username,
      detail: `got the code of mail ${mail.id} ${((mail.receivedAtMs - atMs) / 1000).toFixed(1)} s after confirming`,
    }));
  });
}

/** An attempt without a known end may have gone on for longer than its row says. */
function wasUnderWay({ startedAt, endedAt, outcome, errorClass }: AuditedAttempt, atMs: number): boolean {
  const isEndKnown = endedAt !== null && outcome !== "lost" && errorClass !== "ambiguous";
  return startedAt.getTime() <= atMs && (!isEndKnown || endedAt.getTime() >= atMs);
}
