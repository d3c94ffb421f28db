// The judge of `npm run chaos` must be able to say no: each kind of loss, double and wrong state is shown to it once.
import { describe, expect, test } from "vitest";
import type { AuditedAttempt } from "@/db/audit";
import {
  ADA,
  attempt,
  EARLIER,
  factsWith,
  failed,
  kinds,
  LATER,
  mail,
  NOW,
  verdictOf,
} from "@/tests/support/chaos-facts";

/** The same attempt, one number later. */
const later = (row: AuditedAttempt) => attempt(row.number + 1, { outcome: row.outcome });
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

  test("when a worker that was taken for lost came back, and its mail had been accepted already", () => {
    const attempts = [attempt(1), attempt(2, { outcome: "deduplicated" })];
    expect(kinds({ delivery: { lostCount: 1 }, attempts })).toEqual([]);
    const twice = { delivery: { lostCount: 1 }, attempts, mails: [mail("m-1"), mail("m-2")] };
    expect(kinds(twice, "smtp")).toEqual([]);
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

  test("over SMTP two acceptances without a lost worker", () => {
    const attempts = [attempt(1), attempt(2, { outcome: "deduplicated" })];
    expect(kinds({ attempts, mails: [mail("m-1"), mail("m-2")] }, "smtp")).toEqual([
      "doubled",
      "wrong_state",
    ]);
  });

  test("over SMTP not what a lost reply, or a lost worker, explains: that is counted", () => {
    const mails = [mail("m-1"), mail("m-2")];
    for (const first of [failed(1, "ambiguous"), attempt(1, { outcome: "lost" })]) {
      const verdict = verdictOf({ mails, attempts: [first, attempt(2)] }, "smtp");
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
    const verdict = verdictOf(
      { delivery, attempts: [...sixFailures.slice(0, 5), failed(6, "ambiguous")] },
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
    const attempts = [attempt(1), attempt(2, { outcome: null })];
    expect(kinds({ attempts })).toEqual(["wrong_state"]);
  });

  test("a mail that was taken without an accepted attempt", () => {
    for (const transport of ["resend", "smtp"] as const)
      expect(kinds({ attempts: [failed(1, "ambiguous")] }, transport)).toEqual(["wrong_state"]);
  });

  test("a second acceptance although no worker was lost", () => {
    const attempts = [attempt(1), attempt(2, { outcome: "deduplicated" })];
    expect(kinds({ attempts })).toEqual(["wrong_state"]);
    expect(kinds({ attempts: [failed(1, "ambiguous"), ...attempts.map(later)] })).toEqual(["wrong_state"]);
  });

  test("an attempt that failed by a mistake of ours, or for good", () => {
    const attempts = (errorClass: string) => [...sixFailures.slice(0, 5), failed(6, errorClass)];
    for (const errorClass of ["ours", "permanent"])
      expect(kinds({ delivery: { status: "failed" }, attempts: attempts(errorClass), mails: [] })).toEqual([
        "wrong_state",
      ]);
  });

  test("sent for ever, where the provider tells of what it delivered", () => {
    expect(kinds({ delivery: { status: "sent" } })).toEqual(["wrong_state"]);
    expect(kinds({ delivery: { status: "sent" } }, "smtp")).toEqual([]);
  });

  test("an end that nobody told of", () => {
    for (const status of ["bounced", "complained"] as const)
      expect(kinds({ delivery: { status } })).toEqual(["wrong_state"]);
    expect(kinds({ delivery: { status: "delivered" } }, "smtp")).toEqual(["wrong_state"]);
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

describe("a shared lease is", () => {
  /** Two attempts, the second begun so many seconds after the first. */
  const both = (seconds: number, change: Partial<AuditedAttempt>) => [
    attempt(1, change),
    attempt(2, { startedAt: new Date(attempt(1).startedAt.getTime() + seconds * 1000) }),
  ];
  const endedAfter = (seconds: number) => new Date(attempt(1).startedAt.getTime() + seconds * 1000);

  test("an attempt that was begun beside another one, whatever became of that", () => {
    for (const outcome of ["failed", "withheld"] as const)
      expect(kinds({ attempts: both(2, { ...failed(1), outcome, endedAt: endedAfter(3) }) })).toEqual([
        "shared_lease",
      ]);
    const lost = both(2, { outcome: "lost", endedAt: endedAfter(2) });
    for (const transport of ["resend", "smtp"] as const)
      expect(kinds({ attempts: lost }, transport)).toEqual(["shared_lease"]);
  });

  test("two acceptances at once, although the first worker counts as lost", () => {
    const attempts = both(2, { outcome: "deduplicated", endedAt: endedAfter(3) });
    const change = { attempts, delivery: { lostCount: 1 }, mails: [mail("m-1"), mail("m-2")] };
    expect(kinds(change, "smtp")).toEqual(["shared_lease"]);
    expect(kinds({ ...change, mails: [mail("m-1")] })).toEqual(["shared_lease"]);
  });

  test("not one that was begun after the other's end, or after its lease", () => {
    expect(kinds({ attempts: both(2, { ...failed(1), endedAt: endedAfter(2) }) })).toEqual([]);
    expect(kinds({ attempts: both(16, { outcome: "lost", endedAt: endedAfter(16) }) })).toEqual([]);
    const cameBack = both(16, { outcome: "deduplicated", endedAt: endedAfter(40) });
    expect(kinds({ attempts: cameBack, delivery: { lostCount: 1 } })).toEqual([]);
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
