// One delivery: its row, its attempts and its mails against each other. Pure; the inbox is the truth.
import type { AuditedAttempt, AuditedDelivery } from "@/db/audit";
import { hasBeenTaken, isOpen } from "@/domain/delivery-status";
import type { Context, Finding } from "./findings";

export function judgeDelivery(context: Context, delivery: AuditedDelivery): Finding[] {
  return [
    ...judgeArrival(context, delivery),
    ...judgeState(context, delivery),
    ...judgeLedger(context, delivery),
    ...judgeWorkers(context, delivery),
    ...judgeLease(context.facts.now, delivery),
  ];
}

/** Each delivery reached the inbox, once, or was given up after all its attempts. */
function judgeArrival(context: Context, delivery: AuditedDelivery): Finding[] {
  const mails = context.mails.get(delivery.id) ?? 0;
  const ledger = context.attempts.get(delivery.id) ?? [];
  if (mails === 0) {
    const real = ledger.filter((attempt) => attempt.outcome === "failed").length - delivery.pacedCount;
    if (isCalledOff(context, delivery)) return [];
    if (delivery.status === "failed" && real >= delivery.maxAttempts) return [];
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
  if (isOpen(status)) return wrong(`is still ${status}${hasArrived ? ", and the inbox has it" : ""}`);
  if (hasBeenTaken(status)) {
    if (!hasArrived) return wrong(`is ${status}, and the inbox has no such mail`);
    // The provider bounces nothing here, and tells of every mail that it delivered; an SMTP server tells nothing.
    const end = context.transport === "resend" ? "delivered" : "sent";
    return status === end ? [] : wrong(`is ${status}, and should be ${end}`);
  }
  if (!hasArrived) return [];
  // It had arrived, its reply was lost, and before the next try it was not needed any more.
  if (isCalledOff(context, delivery)) return [];
  return status === "failed" && isExplainedBySmtp(context, delivery)
    ? []
    : wrong(`is ${status} (${delivery.reasonCode}), and the inbox has it`);
}

/** One row for each attempt, each with an end; one acceptance of what was taken; no attempt too many. */
function judgeLedger({ attempts }: Context, delivery: AuditedDelivery): Finding[] {
  const ledger = attempts.get(delivery.id) ?? [];
  const count = (outcome: AuditedAttempt["outcome"]) =>
    ledger.filter((row) => row.outcome === outcome).length;
  const details: string[] = [];
  if (count("accepted") > 1) details.push(`has ${count("accepted")} accepted attempts`);
  if (hasBeenTaken(delivery.status) && count("accepted") === 0)
    details.push(`is ${delivery.status} without an accepted attempt`);
  if (ledger.length !== delivery.attemptCount)
    details.push(`counts ${delivery.attemptCount} attempts, and the ledger has ${ledger.length}`);
  // Fewer rows than counted: a worker that was taken for lost came back and told.
  if (count("lost") > delivery.lostCount)
    details.push(`counts ${delivery.lostCount} lost attempts, and the ledger has ${count("lost")}`);
  // Only a worker that was taken for lost can find that the mail had been accepted at another attempt.
  if (count("deduplicated") > delivery.lostCount)
    details.push(`was accepted ${1 + count("deduplicated")} times, and lost ${delivery.lostCount} workers`);
  const tries = ledger.length - count("lost") - delivery.pacedCount;
  if (tries > delivery.maxAttempts) details.push(`was tried ${tries} times of ${delivery.maxAttempts}`);
  if (count(null) > 0 && !isOpen(delivery.status))
    details.push(`is ${delivery.status} with an attempt that has no end`);
  for (const { number, outcome, errorClass, errorCode } of ledger)
    if (outcome === "failed" && errorClass !== "transient" && errorClass !== "ambiguous")
      details.push(`failed at attempt ${number} as no fault of the run makes it fail: ${errorCode}`);
  return details.map((detail) => ({ kind: "wrong_state", subject: delivery.id, detail }));
}

/** Attempts begin by the apps' clock, and leases end by the database's; a process that is busy reads its clock late. */
const CLOCKS_MS = 3_000;

/** Nobody begins an attempt beside another one before that one's lease is over. */
function judgeWorkers({ facts, attempts }: Context, { id }: AuditedDelivery): Finding[] {
  const ledger = attempts.get(id) ?? [];
  return ledger.flatMap((attempt, index): Finding[] => {
    const next = ledger[index + 1];
    if (!next) return [];
    const { endedAt, outcome } = attempt;
    const isUnderWay = outcome === "lost" || endedAt === null || endedAt > next.startedAt;
    const afterMs = next.startedAt.getTime() - attempt.startedAt.getTime();
    if (!isUnderWay || afterMs >= facts.leaseMs - CLOCKS_MS) return [];
    const seconds = Math.max(0, afterMs / 1000).toFixed(1);
    const detail = `began attempt ${next.number} ${seconds} s after attempt ${attempt.number}, which was under way`;
    return [{ kind: "shared_lease", subject: id, detail }];
  });
}

function judgeLease(now: Date, { id, status, leaseToken, leaseUntil }: AuditedDelivery): Finding[] {
  const orphaned = (detail: string): Finding[] => [{ kind: "orphaned_lease", subject: id, detail }];
  if (status !== "sending")
    return leaseToken === null && leaseUntil === null ? [] : orphaned(`is ${status} with a lease`);
  return leaseUntil === null || leaseUntil < now ? orphaned("is held by a worker that is gone") : [];
}

/** Called off for a reason that holds: its reader is confirmed, or asked for another mail, which is there. */
function isCalledOff({ facts, users, codeMailsOf }: Context, delivery: AuditedDelivery): boolean {
  const { status, reasonCode, userId, createdAt } = delivery;
  const user = users.get(userId);
  if (status !== "cancelled" || !user) return false;
  if (reasonCode === "confirmed") return user.isConfirmed;
  const hasAskedAgain = facts.acts.some(
    ({ kind, username }) => kind === "resend" && username === user.username,
  );
  const isNewest = (codeMailsOf.get(userId) ?? []).every((other) => other.createdAt <= createdAt);
  return reasonCode === "superseded" && hasAskedAgain && !isNewest;
}

/**
 * Mails that the attempts may have made, each one at most: it was accepted, its reply was lost, or its worker was. A
 * second acceptance needs a worker that was taken for lost.
 */
function countPossibleMails(ledger: readonly AuditedAttempt[], { lostCount }: AuditedDelivery): number {
  const count = (isMeant: (attempt: AuditedAttempt) => boolean) => ledger.filter(isMeant).length;
  const repeated = count(({ outcome }) => outcome === "deduplicated");
  return (
    Math.min(repeated, lostCount) +
    count(
      ({ outcome, errorClass }) =>
        outcome === "accepted" || outcome === "lost" || (outcome === "failed" && errorClass === "ambiguous"),
    )
  );
}

/** Over SMTP each attempt whose reply was lost may have been a mail. With Resend nothing explains a second one. */
export function isExplainedBySmtp(
  { transport, attempts, mails }: Context,
  delivery: AuditedDelivery,
): boolean {
  const possible = countPossibleMails(attempts.get(delivery.id) ?? [], delivery);
  return transport === "smtp" && (mails.get(delivery.id) ?? 0) <= possible;
}
