// What a judge of chaos may find, and what all its parts look things up in. Pure.
import type { AuditedAttempt, AuditedDelivery, AuditedUser } from "@/db/audit";
import type { Transport } from "../product/product";
import type { Facts } from "./facts";

export const FINDING_KINDS = [
  "lost",
  "doubled",
  "wrong_state",
  "shared_lease",
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

/** The facts, and who belongs to what. */
export type Context = {
  facts: Facts;
  transport: Transport;
  users: Map<string, AuditedUser>;
  deliveriesOf: Map<string, AuditedDelivery[]>;
  /** Of these, those that carry a code: all but the mail of welcome. */
  codeMailsOf: Map<string, AuditedDelivery[]>;
  /** By delivery, the first attempt first. */
  attempts: Map<string, AuditedAttempt[]>;
  /** How often the inbox has a delivery. */
  mails: Map<string, number>;
};

export function createContext(facts: Facts, transport: Transport): Context {
  const inOrder = [...facts.attempts].sort((a, b) => a.number - b.number);
  return {
    facts,
    transport,
    users: new Map(facts.users.map((user) => [user.id, user])),
    deliveriesOf: groupBy(facts.deliveries, (delivery) => delivery.userId),
    codeMailsOf: groupBy(
      facts.deliveries.filter((delivery) => !isWelcome(delivery)),
      (delivery) => delivery.userId,
    ),
    attempts: groupBy(inOrder, (attempt) => attempt.deliveryId),
    mails: new Map(
      [...groupBy(facts.mails, (mail) => mail.deliveryId ?? "")].map(([id, all]) => [id, all.length]),
    ),
  };
}

export const isWelcome = ({ kind }: AuditedDelivery) => kind === "welcome";

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
