// Compares what people were told and what the database says with what the inbox has. Pure; the inbox is the truth.
import type { AuditedDelivery } from "@/db/audit";
import { isOpen } from "@/domain/delivery-status";
import type { Transport } from "../product/product";
import type { Facts } from "./facts";
import { type Context, createContext, type Finding } from "./findings";
import { isExplainedBySmtp, judgeDelivery } from "./judge-delivery";
import { judgePeople } from "./judge-people";

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

/** Judges settled facts: everything that is wrong, in the order of the people and deliveries. */
export function judge(facts: Facts, transport: Transport): Verdict {
  const context = createContext(facts, transport);
  const findings = [
    ...judgePeople(context),
    ...facts.deliveries.flatMap((delivery) => judgeDelivery(context, delivery)),
    ...judgeEvents(facts),
    ...judgeStrays(facts),
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

/** Each event went to the engine, or what it would have started is done. */
function judgeEvents({ events, deliveries }: Facts): Finding[] {
  const status = new Map(deliveries.map((delivery) => [delivery.id, delivery.status]));
  return events.flatMap((event): Finding[] => {
    if (event.deliveryId !== null && !status.has(event.deliveryId))
      return [
        { kind: "half_written", subject: event.id, detail: `event ${event.name} is about no delivery` },
      ];
    const delivery = event.deliveryId === null ? undefined : status.get(event.deliveryId);
    if (event.publishedAt !== null || (delivery !== undefined && !isOpen(delivery))) return [];
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
