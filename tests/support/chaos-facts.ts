// Facts of a small run of chaos, for its judge: one person whose mail arrived, with what a test changes of it.
import type { ActFact, Facts } from "@/cli/chaos/facts";
import type { FindingKind } from "@/cli/chaos/findings";
import { judge, type Verdict } from "@/cli/chaos/verdict";
import type { Transport } from "@/cli/product/product";
import type { AuditedAttempt, AuditedDelivery, AuditedUser } from "@/db/audit";

export const NOW = new Date("2026-05-01T12:00:00Z");
export const LATER = new Date(NOW.getTime() + 5_000);
export const EARLIER = new Date(NOW.getTime() - 5_000);

export const ADA: AuditedUser = {
  id: "u-1",
  username: "ada",
  email: "ada@example.com",
  isConfirmed: false,
};

/** An attempt a minute, each ended after a second. */
const begun = (number: number) => new Date(NOW.getTime() + (number - 10) * 60_000);

export const attempt = (number: number, change: Partial<AuditedAttempt> = {}): AuditedAttempt => ({
  deliveryId: "d-1",
  number,
  startedAt: begun(number),
  endedAt: new Date(begun(number).getTime() + 1_000),
  outcome: "accepted",
  errorClass: null,
  errorCode: null,
  ...change,
});
export const failed = (number: number, errorClass = "transient") =>
  attempt(number, { outcome: "failed", errorClass });
export const mail = (id: string, deliveryId: string | null = "d-1", receivedAtMs = 0) => ({
  id,
  deliveryId,
  to: "ada@example.com",
  receivedAtMs,
});
export const act = (kind: ActFact["kind"], outcome: ActFact["outcome"] = "done"): ActFact => ({
  username: "ada",
  kind,
  outcome,
  atMs: 10_000,
});

export type Change = Partial<Facts> & { delivery?: Partial<AuditedDelivery> };

/** One person, answered, whose mail arrived at the first try; with what a test changes of it. */
export function factsWith({ delivery, ...change }: Change = {}): Facts {
  const attempts = change.attempts ?? [attempt(1)];
  return {
    now: NOW,
    leaseMs: 16_000,
    users: [ADA],
    deliveries: [
      {
        id: "d-1",
        userId: "u-1",
        kind: "confirmation",
        recipient: "ada@example.com",
        status: "delivered",
        attemptCount: attempts.length,
        lostCount: attempts.filter((row) => row.outcome === "lost").length,
        pacedCount: 0,
        maxAttempts: 6,
        leaseToken: null,
        leaseUntil: null,
        reasonCode: null,
        createdAt: EARLIER,
        hasCode: true,
        ...delivery,
      },
    ],
    attempts,
    events: [{ id: "e-1", name: "user/registered", tries: 0, publishedAt: NOW, deliveryId: "d-1" }],
    mails: [mail("m-1")],
    registrations: [
      { username: "ada", outcome: "answered", deliveryId: "d-1", answerMs: 80, askedAtMs: 0, tries: 1 },
    ],
    wrongAnswers: [],
    acts: [],
    codes: { accepted: [], refused: [] },
    ended: [],
    ...change,
  };
}

/** The same by SMTP, whose deliveries end as `sent`. */
const bySmtp = (change: Change): Change => ({ ...change, delivery: { status: "sent", ...change.delivery } });

export const verdictOf = (change: Change, transport: Transport = "resend"): Verdict =>
  judge(factsWith(transport === "smtp" ? bySmtp(change) : change), transport);

export const kinds = (change: Change, transport: Transport = "resend"): FindingKind[] =>
  verdictOf(change, transport).findings.map((finding) => finding.kind);
