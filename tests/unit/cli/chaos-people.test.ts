// What the judge of `npm run chaos` says of what people did after they had registered.
import { describe, expect, test } from "vitest";
import type { Facts } from "@/cli/chaos/facts";
import type { AuditedAttempt, AuditedDelivery } from "@/db/audit";
import {
  ADA,
  act,
  attempt,
  type Change,
  EARLIER,
  factsWith,
  failed,
  kinds,
  mail,
  NOW,
} from "@/tests/support/chaos-facts";

/** Somebody who has confirmed, with the mail of welcome; `change`: what is otherwise, `ids` the welcomes. */
function confirmed(change: Change = {}, ids = ["d-w"]): Change {
  const { delivery, ...others } = change;
  const facts = factsWith(delivery ? { ...others, delivery } : others);
  const [code] = facts.deliveries;
  const [event] = facts.events;
  if (!code || !event) throw new Error("There is one of each");
  return {
    acts: [act("confirm")],
    ...others,
    users: [{ ...ADA, isConfirmed: true }],
    deliveries: [
      code,
      ...ids.map((id) => ({
        ...code,
        id,
        kind: "welcome" as const,
        status: "delivered" as const,
        reasonCode: null,
        attemptCount: 1,
        hasCode: false,
        createdAt: NOW,
      })),
    ],
    attempts: [...facts.attempts, ...ids.map((deliveryId) => attempt(1, { deliveryId }))],
    events: [...facts.events, ...ids.map((id) => ({ ...event, id: `e-${id}`, deliveryId: id }))],
    mails: [...facts.mails, ...ids.map((id) => mail(`m-${id}`, id, 60_000))],
  };
}

/** Two deliveries of one person, the second asked for; with what a test changes of either. */
function resent(first: Partial<AuditedDelivery>, second: Partial<AuditedDelivery>): Partial<Facts> {
  const facts = factsWith();
  const [one] = facts.deliveries;
  const [sent] = facts.attempts;
  if (!one || !sent) throw new Error("no delivery");
  return {
    deliveries: [
      { ...one, attemptCount: 0, ...first },
      { ...one, id: "d-2", createdAt: new Date(EARLIER.getTime() + 1_000), ...second },
    ],
    attempts: [{ ...sent, deliveryId: "d-2" }],
    events: [...facts.events, { ...facts.events[0], id: "e-2", deliveryId: "d-2" }] as Facts["events"],
    mails: [mail("m-2", "d-2")],
    acts: [act("resend")],
  };
}
const SUPERSEDED = { status: "cancelled", reasonCode: "superseded" } as const;

describe("a confirmation", () => {
  const calledOff = { status: "cancelled", reasonCode: "confirmed" } as const;

  test("that was answered is there", () => {
    expect(kinds(confirmed())).toEqual([]);
    expect(kinds({ acts: [act("confirm")] })).toEqual(["lost"]);
    expect(
      kinds({
        acts: [act("resend", "perhaps")],
        codes: { accepted: [{ username: "ada", atMs: 20_000 }], refused: [] },
      }),
    ).toEqual(["lost"]);
  });

  test("whose answer was lost may be there, or not", () => {
    const acts = [act("confirm", "perhaps")];
    expect(kinds(confirmed({ acts }))).toEqual([]);
    expect(kinds({ acts })).toEqual([]);
  });

  test("that nobody asked for, or for which no mail had a code, is found", () => {
    expect(kinds(confirmed({ acts: [] }))).toEqual(["wrong_state"]);
    const none = { attempts: [failed(1)], mails: [], delivery: calledOff };
    expect(kinds(confirmed(none))).toEqual(["wrong_state"]);
  });

  test("calls off a mail, and nothing else does", () => {
    const late = { attempts: [failed(1, "ambiguous")], delivery: calledOff };
    expect(kinds(confirmed(late))).toEqual([]);
    expect(kinds({ ...late, acts: [act("confirm", "perhaps")] })).toEqual(["wrong_state"]);
    expect(kinds({ ...late, mails: [] })).toEqual(["lost"]);
    expect(kinds(confirmed({ ...late, delivery: { ...calledOff, reasonCode: "claim_expired" } }))).toEqual([
      "wrong_state",
    ]);
  });

  test("is followed by no code, but one that was under way just then", () => {
    const arriving = (receivedAtMs: number, change: Partial<AuditedAttempt> = {}) => ({
      attempts: [attempt(1, { startedAt: new Date(9_500), endedAt: new Date(10_500), ...change })],
      mails: [mail("m-1", "d-1", receivedAtMs)],
    });
    expect(kinds(confirmed(arriving(10_400)))).toEqual([]);
    expect(kinds(confirmed(arriving(12_000)))).toEqual([]);
    expect(kinds(confirmed(arriving(14_000)))).toEqual(["late_mail"]);
    expect(kinds({ acts: [act("resend", "perhaps")], ...arriving(14_000) })).toEqual([]);
    // It was begun after the confirmation, or had ended before.
    const begun = { startedAt: new Date(10_001), endedAt: new Date(10_300) };
    expect(kinds(confirmed(arriving(10_200, begun)))).toEqual(["late_mail"]);
    expect(kinds(confirmed(arriving(10_200, { endedAt: new Date(9_900) })))).toEqual(["late_mail"]);
    // Whose end nobody knows may have gone on.
    const lost = { endedAt: new Date(9_900), outcome: "failed", errorClass: "ambiguous" } as const;
    const again = attempt(2, { startedAt: new Date(20_000), endedAt: new Date(20_100) });
    const sent = arriving(10_200, lost);
    expect(kinds(confirmed({ ...sent, attempts: [...sent.attempts, again] }))).toEqual([]);
  });

  test("is followed by no code either when it came at the very end", () => {
    const codes = { accepted: [{ username: "ada", atMs: 10_000 }], refused: [] };
    const late = { mails: [mail("m-1", "d-1", 14_000)] };
    expect(kinds(confirmed({ acts: [act("resend", "perhaps")], codes, ...late }))).toEqual(["late_mail"]);
  });

  test("is followed by one welcome, and who has not confirmed gets none", () => {
    expect(kinds({ ...confirmed({ acts: [] }), users: [ADA] })).toEqual(["half_written"]);
    expect(kinds(confirmed({}, []))).toEqual(["half_written"]);
    expect(kinds(confirmed({}, ["d-w", "d-x"]))).toEqual(["half_written"]);
  });
});

describe("a resend", () => {
  test("that was answered has its delivery, and one that was not may have one", () => {
    expect(kinds({ acts: [act("resend")] })).toEqual(["half_written"]);
    expect(kinds({ acts: [act("resend", "perhaps")] })).toEqual([]);
  });

  test("calls off the mail before, which may be missing then", () => {
    expect(kinds(resent(SUPERSEDED, {}))).toEqual([]);
    expect(kinds({ ...resent(SUPERSEDED, {}), acts: [] })).toContain("lost");
  });

  test("never calls off its own mail", () => {
    const newest = { ...SUPERSEDED, attemptCount: 0 };
    const gone = { ...resent(SUPERSEDED, newest), attempts: [], mails: [] };
    expect(kinds(gone)).toEqual(["lost"]);
    const first = { ...resent({ attemptCount: 1 }, newest), attempts: factsWith().attempts };
    expect(kinds({ ...first, mails: [mail("m-1")] })).toEqual(["lost"]);
  });

  test("leaves the codes of the last two mails valid", () => {
    const refused = [{ username: "ada", detail: "typed the code of the older of 2 mails: 422" }];
    expect(kinds({ codes: { accepted: [], refused } })).toEqual(["dead_code"]);
  });
});
