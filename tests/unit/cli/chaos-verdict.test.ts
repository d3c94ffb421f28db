// The judge of `npm run chaos` must be able to say no: each kind of loss, double and wrong state is shown to it once.
import { describe, expect, test } from "vitest";
import type { ActFact, Facts } from "@/cli/chaos/facts";
import { type FindingKind, judge } from "@/cli/chaos/verdict";
import type { Transport } from "@/cli/product/product";
import type { AuditedAttempt, AuditedDelivery } from "@/db/audit";

const NOW = new Date("2026-05-01T12:00:00Z");
const LATER = new Date(NOW.getTime() + 5_000);
const EARLIER = new Date(NOW.getTime() - 5_000);

const attempt = (number: number, change: Partial<AuditedAttempt> = {}): AuditedAttempt => ({
  deliveryId: "d-1",
  number,
  outcome: "accepted",
  errorClass: null,
  errorCode: null,
  ...change,
});
const failed = (number: number, errorClass = "transient") =>
  attempt(number, { outcome: "failed", errorClass });
const mail = (id: string, deliveryId: string | null = "d-1", receivedAtMs = 0) => ({
  id,
  deliveryId,
  to: "ada@example.com",
  receivedAtMs,
});
const act = (kind: ActFact["kind"], outcome: ActFact["outcome"] = "done"): ActFact => ({
  username: "ada",
  kind,
  outcome,
  atMs: 10_000,
});

const ADA = { id: "u-1", username: "ada", email: "ada@example.com", isConfirmed: false };

type Change = Partial<Facts> & { delivery?: Partial<AuditedDelivery> };

/** One person, answered, whose mail arrived at the first try; with what a test changes of it. */
function factsWith({ delivery, ...change }: Change = {}): Facts {
  const attempts = change.attempts ?? [attempt(1)];
  return {
    now: NOW,
    users: [ADA],
    deliveries: [
      {
        id: "d-1",
        userId: "u-1",
        kind: "confirmation",
        recipient: "ada@example.com",
        status: "sent",
        attemptCount: attempts.length,
        lostCount: attempts.filter((row) => row.outcome === "lost").length,
        pacedCount: 0,
        maxAttempts: 6,
        leaseToken: null,
        leaseUntil: null,
        reasonCode: null,
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
    codes: { tried: 0, refused: [] },
    ended: [],
    ...change,
  };
}

const kinds = (change: Change, transport: Transport = "resend"): FindingKind[] =>
  judge(factsWith(change), transport).findings.map((finding) => finding.kind);

const sixFailures = Array.from({ length: 6 }, (_, index) => failed(index + 1));

describe("nothing is found", () => {
  test("when each mail arrived once", () => {
    expect(kinds({})).toEqual([]);
    expect(kinds({ delivery: { status: "delivered" } })).toEqual([]);
  });

  test("when a mail was given up after six attempts and the inbox does not have it", () => {
    expect(kinds({ delivery: { status: "failed" }, attempts: sixFailures, mails: [] })).toEqual([]);
  });

  test("when a worker died and another one went on, also beyond six rows", () => {
    const attempts = [
      attempt(1, { outcome: "lost" }),
      ...sixFailures.slice(0, 5).map((row) => failed(row.number + 1)),
    ];
    expect(kinds({ attempts: [...attempts, attempt(7)] })).toEqual([]);
  });

  test("when a repeated hand-over was answered with the mail of before", () => {
    expect(kinds({ attempts: [attempt(1), attempt(2, { outcome: "deduplicated" })] })).toEqual([]);
  });

  test("when somebody who was cut off or turned away does not exist", () => {
    const nobody = { users: [], deliveries: [], attempts: [], events: [], mails: [] };
    for (const outcome of ["cut", "turned_away"] as const)
      expect(
        kinds({
          ...nobody,
          registrations: [
            { username: "ada", outcome, deliveryId: null, answerMs: null, askedAtMs: 0, tries: 1 },
          ],
        }),
      ).toEqual([]);
  });

  test("when an event was not published and its mail is out all the same", () => {
    expect(
      kinds({
        events: [{ id: "e-1", name: "user/registered", tries: 3, publishedAt: null, deliveryId: "d-1" }],
      }),
    ).toEqual([]);
  });
});

describe("lost is", () => {
  test("an account that was answered and is not there", () => {
    expect(kinds({ users: [], deliveries: [], attempts: [], events: [], mails: [] })).toEqual(["lost"]);
  });

  test("an account whose name was said to be taken and is not there", () => {
    const registrations = [
      { username: "bo", outcome: "taken", deliveryId: null, answerMs: null, askedAtMs: 0, tries: 2 } as const,
    ];
    expect(kinds({ registrations })).toEqual(["lost"]);
  });

  test("a delivery that the answer named and that is not there, or is somebody else's", () => {
    const registrations = [
      {
        username: "ada",
        outcome: "answered",
        deliveryId: "d-9",
        answerMs: 80,
        askedAtMs: 0,
        tries: 1,
      } as const,
    ];
    expect(kinds({ registrations })).toEqual(["lost"]);
  });

  test("a mail that never arrived and was given up before its six attempts", () => {
    expect(kinds({ delivery: { status: "failed" }, attempts: sixFailures.slice(0, 5), mails: [] })).toEqual([
      "lost",
    ]);
  });

  test("a mail of which lost workers, and not refusals, made up the six", () => {
    const attempts = [...sixFailures.slice(0, 5), attempt(6, { outcome: "lost" })];
    expect(kinds({ delivery: { status: "failed" }, attempts, mails: [] })).toEqual(["lost"]);
  });

  test("a mail that never arrived and was cancelled", () => {
    expect(kinds({ delivery: { status: "cancelled" }, attempts: [], mails: [] })).toEqual(["lost"]);
  });

  test("the mail of somebody whose request was cut off and who exists", () => {
    const registrations = [
      { username: "ada", outcome: "cut", deliveryId: null, answerMs: null, askedAtMs: 0, tries: 1 } as const,
    ];
    expect(
      kinds({ registrations, delivery: { status: "retrying" }, attempts: [failed(1)], mails: [] }),
    ).toEqual(["lost", "wrong_state"]);
  });
});

describe("doubled is", () => {
  test("a delivery that the inbox has twice, whatever the ledger says", () => {
    const mails = [mail("m-1"), mail("m-2")];
    expect(kinds({ mails })).toEqual(["doubled"]);
    expect(kinds({ mails, attempts: [failed(1, "ambiguous"), attempt(2)] })).toEqual(["doubled"]);
  });

  test("over SMTP a second mail for which no reply was lost", () => {
    const mails = [mail("m-1"), mail("m-2")];
    expect(kinds({ mails, attempts: [failed(1), attempt(2)] }, "smtp")).toEqual(["doubled"]);
    expect(
      kinds({ mails: [...mails, mail("m-3")], attempts: [failed(1, "ambiguous"), attempt(2)] }, "smtp"),
    ).toEqual(["doubled"]);
  });

  test("over SMTP not what a lost reply, or a lost worker, explains: that is counted", () => {
    const mails = [mail("m-1"), mail("m-2")];
    for (const first of [failed(1, "ambiguous"), attempt(1, { outcome: "lost" })]) {
      const verdict = judge(factsWith({ mails, attempts: [first, attempt(2)] }), "smtp");
      expect(verdict.findings).toEqual([]);
      expect(verdict.unavoidable).toMatchObject({ extraMails: 1, doubledDeliveries: 1 });
    }
  });
});

describe("a wrong state is", () => {
  test("sent or delivered without a mail in the inbox", () => {
    for (const status of ["sent", "delivered"] as const)
      expect(kinds({ delivery: { status }, mails: [] })).toEqual(["lost", "wrong_state"]);
  });

  test("failed, cancelled or suppressed with a mail in the inbox", () => {
    for (const status of ["failed", "cancelled", "suppressed"] as const)
      expect(kinds({ delivery: { status } })).toEqual(["wrong_state"]);
  });

  test("failed over SMTP with a mail in the inbox, unless a lost reply explains it", () => {
    const delivery = { status: "failed" } as const;
    expect(kinds({ delivery, attempts: sixFailures }, "smtp")).toEqual(["wrong_state"]);
    const verdict = judge(
      factsWith({ delivery, attempts: [...sixFailures.slice(0, 5), failed(6, "ambiguous")] }),
      "smtp",
    );
    expect(verdict.findings).toEqual([]);
    expect(verdict.unavoidable.failedThoughDelivered).toBe(1);
  });

  test("anything still open, also when the inbox has it", () => {
    for (const status of ["queued", "retrying"] as const)
      expect(kinds({ delivery: { status }, attempts: [] })).toEqual(["wrong_state"]);
  });

  test("two accepted attempts", () => {
    expect(kinds({ attempts: [attempt(1), attempt(2)] })).toEqual(["wrong_state"]);
  });

  test("an attempt that is counted and has no row, or the other way round", () => {
    expect(kinds({ delivery: { attemptCount: 2 } })).toEqual(["wrong_state"]);
    expect(kinds({ delivery: { attemptCount: 0 } })).toEqual(["wrong_state"]);
    expect(
      kinds({ delivery: { lostCount: 0 }, attempts: [attempt(1, { outcome: "lost" }), attempt(2)] }),
    ).toEqual(["wrong_state"]);
  });

  test("a seventh real attempt", () => {
    expect(kinds({ attempts: [...sixFailures, attempt(7)] })).toEqual(["wrong_state"]);
    expect(kinds({ delivery: { pacedCount: 1 }, attempts: [...sixFailures, attempt(7)] })).toEqual([]);
  });

  test("an attempt without an end on a delivery that has ended", () => {
    expect(kinds({ attempts: [attempt(1, { outcome: null })] })).toEqual(["wrong_state"]);
  });

  test("an event that was never published, and whose delivery is open", () => {
    const events = [{ id: "e-1", name: "user/registered", tries: 9, publishedAt: null, deliveryId: "d-1" }];
    expect(kinds({ events, delivery: { status: "queued" }, attempts: [], mails: [] })).toEqual([
      "lost",
      "wrong_state",
      "wrong_state",
    ]);
    const confirmed = { id: "e-2", name: "user/confirmed", tries: 9, publishedAt: null, deliveryId: null };
    expect(kinds({ events: [...factsWith().events, confirmed] })).toEqual(["wrong_state"]);
  });

  test("a mail that belongs to nothing we know, or went to somebody else", () => {
    expect(kinds({ mails: [mail("m-1"), mail("m-2", null)] })).toEqual(["wrong_state"]);
    expect(kinds({ mails: [mail("m-1"), mail("m-2", "d-9")] })).toEqual(["wrong_state"]);
    expect(kinds({ mails: [{ ...mail("m-1"), to: "bo@example.com" }] })).toEqual(["wrong_state"]);
  });
});

describe("an orphaned lease is", () => {
  test("one on a delivery that has ended", () => {
    expect(kinds({ delivery: { leaseToken: "t", leaseUntil: LATER } })).toEqual(["orphaned_lease"]);
  });

  test("one whose end has passed while it is still sending; one that runs is only open", () => {
    const change = { attempts: [attempt(1, { outcome: null })] };
    expect(
      kinds({ ...change, delivery: { status: "sending", leaseToken: "t", leaseUntil: EARLIER } }),
    ).toEqual(["wrong_state", "orphaned_lease"]);
    expect(kinds({ ...change, delivery: { status: "sending", leaseToken: "t", leaseUntil: LATER } })).toEqual(
      ["wrong_state"],
    );
  });
});

describe("half written is", () => {
  test("an account without its delivery, or with two", () => {
    expect(kinds({ registrations: [], deliveries: [], attempts: [], events: [], mails: [] })).toEqual([
      "half_written",
    ]);
    const [one] = factsWith().deliveries;
    const two = one ? [one, { ...one, id: "d-2", attemptCount: 0 }] : [];
    expect(kinds({ deliveries: two })).toContain("half_written");
  });

  test("a delivery without account, code or event, or to another address", () => {
    expect(kinds({ delivery: { hasCode: false } })).toEqual(["half_written"]);
    expect(kinds({ events: [] })).toEqual(["half_written"]);
    expect(kinds({ registrations: [], users: [] })).toEqual(["half_written"]);
    expect(kinds({ users: [{ ...ADA, email: "other@example.com" }] })).toEqual(["half_written"]);
  });

  test("an event about a delivery that is not there", () => {
    const stray = { id: "e-2", name: "user/registered", tries: 0, publishedAt: NOW, deliveryId: "d-9" };
    expect(kinds({ events: [...factsWith().events, stray] })).toEqual(["half_written"]);
  });
});

test("a wrong answer and a process that ended by itself are found", () => {
  expect(
    kinds({
      wrongAnswers: [{ username: "bo", status: 500, text: "Something went wrong" }],
      ended: [{ part: "engine", how: "exit 1" }],
    }),
  ).toEqual(["wrong_answer", "process_ended"]);
});

describe("what people do afterwards", () => {
  const cancelled = (reasonCode: string) => ({ status: "cancelled", reasonCode }) as const;

  test("explains a mail that was called off, and nothing else does", () => {
    const none = { attempts: [failed(1)], mails: [] };
    expect(kinds({ ...none, delivery: cancelled("confirmed"), acts: [act("confirm")] })).toEqual([]);
    expect(kinds({ ...none, delivery: cancelled("confirmed") })).toEqual(["lost"]);
    expect(kinds({ ...none, delivery: cancelled("claim_expired"), acts: [act("confirm")] })).toEqual([
      "lost",
    ]);
    expect(kinds({ delivery: cancelled("confirmed"), acts: [act("confirm", "perhaps")] })).toEqual([]);
    expect(kinds({ delivery: cancelled("confirmed") })).toEqual(["wrong_state"]);
  });

  test("a mail after the confirmation is found, and one that was under way just then is not", () => {
    const acts = [act("confirm")];
    expect(kinds({ acts, mails: [mail("m-1", "d-1", 12_000)] })).toEqual([]);
    expect(kinds({ acts, mails: [mail("m-1", "d-1", 14_000)] })).toEqual(["late_mail"]);
    expect(kinds({ acts: [act("resend", "perhaps")], mails: [mail("m-1", "d-1", 14_000)] })).toEqual([]);
  });

  test("a welcome after the confirmation is no late mail, has no code, and is there once, for who has confirmed", () => {
    const [code] = factsWith().deliveries;
    const [event] = factsWith().events;
    if (!code || !event) throw new Error("There is one of each");
    const welcomed = (change: { isConfirmed?: boolean; ids?: string[] } = {}): Change => {
      const ids = ["d-1", ...(change.ids ?? ["d-2"])];
      return {
        acts: [act("confirm")],
        users: [{ ...ADA, isConfirmed: change.isConfirmed ?? true }],
        deliveries: ids.map((id) => (id === "d-1" ? code : { ...code, id, kind: "welcome", hasCode: false })),
        attempts: ids.map((deliveryId) => ({ ...attempt(1), deliveryId })),
        events: ids.map((id) => ({ ...event, id: `e-${id}`, deliveryId: id })),
        mails: ids.map((id) => mail(`m-${id}`, id, id === "d-1" ? 0 : 60_000)),
      };
    };
    expect(kinds(welcomed())).toEqual([]);
    expect(kinds(welcomed({ isConfirmed: false }))).toEqual(["half_written"]);
    expect(kinds(welcomed({ ids: [] }))).toEqual(["half_written"]);
    expect(kinds(welcomed({ ids: ["d-2", "d-3"] }))).toEqual(["half_written"]);
  });

  test("a resend that was answered has its delivery, and one that was not may have one", () => {
    expect(kinds({ acts: [act("resend")] })).toEqual(["half_written"]);
    expect(kinds({ acts: [act("resend", "perhaps")] })).toEqual([]);
  });

  test("a code of the last two mails that is refused is found", () => {
    const refused = [{ username: "ada", detail: "typed the code of the older of two mails: 422" }];
    expect(kinds({ codes: { tried: 1, refused } })).toEqual(["dead_code"]);
  });
});
