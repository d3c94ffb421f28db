import { describe, expect, test } from "vitest";
import { type CodeHint, describeCode, isAnotherNeeded } from "@/components/code-hint";
import { makeConfirmation, SERVER_TIME } from "../../support/confirmations";

const NOW_MS = Date.parse(SERVER_TIME);
const LATER = "2026-11-24T10:15:30.000Z";

describe("the line under the code field", () => {
  test("waits while no mail has left", () => {
    expect(describeCode(makeConfirmation(), NOW_MS)).toEqual({ kind: "waiting" });
  });

  test("says until when the code works, and that it has expired from that instant on", () => {
    const sent = makeConfirmation(
      { status: "sent" },
      { code: { tries_left: 5, next_try_at: null, expires_at: LATER } },
    );
    expect(describeCode(sent, Date.parse(LATER) - 1)).toEqual({ kind: "works", expiresAt: LATER });
    expect(describeCode(sent, Date.parse(LATER))).toEqual({ kind: "expired" });
  });

  test.each(["bounced", "suppressed", "failed"] as const)(
    "promises no code from a mail that has %s",
    (status) => {
      const gone = makeConfirmation(
        { status },
        { code: { tries_left: 5, next_try_at: null, expires_at: LATER } },
      );
      expect(describeCode(gone, NOW_MS)).toEqual({ kind: "not_coming" });
    },
  );

  test("promises no code from a mail that was called off, and leaves an earlier one its time", () => {
    expect(describeCode(makeConfirmation({ status: "cancelled" }), NOW_MS)).toEqual({ kind: "not_coming" });
    const earlier = { code: { tries_left: 5, next_try_at: null, expires_at: LATER } };
    expect(describeCode(makeConfirmation({ status: "cancelled" }, earlier), NOW_MS)).toMatchObject({
      kind: "works",
    });
  });

  test("says nothing any more once the address is confirmed: a used code has no tries left, and that is no trouble", () => {
    const used = { confirmed: true, code: { tries_left: 0, expires_at: LATER, next_try_at: null } };
    expect(describeCode(makeConfirmation({ status: "delivered" }, used), NOW_MS)).toEqual({ kind: "done" });
  });

  test("says that no tries are left, unless the code is over anyway", () => {
    const exhausted = makeConfirmation(
      { status: "sent" },
      { code: { tries_left: 0, next_try_at: null, expires_at: LATER } },
    );
    expect(describeCode(exhausted, NOW_MS)).toEqual({ kind: "no_tries" });
    expect(describeCode(exhausted, Date.parse(LATER) + 1)).toEqual({ kind: "expired" });
  });

  test("says when the next code is looked at, until then", () => {
    const code = {
      tries_left: 1,
      next_try_at: LATER,
      expires_at: new Date(Date.parse(LATER) + 1000).toISOString(),
    };
    const waiting = makeConfirmation({ status: "sent" }, { code });
    expect(describeCode(waiting, NOW_MS)).toEqual({ kind: "wait", nextTryAt: LATER });
    expect(describeCode(waiting, Date.parse(LATER))).toMatchObject({ kind: "works" });
  });
});

describe("another code is what helps", () => {
  test("when the one that is there cannot work any more, and not while it may, may again, or is on its way", () => {
    const over: CodeHint[] = [{ kind: "expired" }, { kind: "no_tries" }, { kind: "not_coming" }];
    const open: CodeHint[] = [
      { kind: "works", expiresAt: LATER },
      { kind: "wait", nextTryAt: LATER },
      { kind: "waiting" },
      { kind: "done" },
    ];
    expect(over.map(isAnotherNeeded)).toEqual([true, true, true]);
    expect(open.some(isAnotherNeeded)).toBe(false);
  });
});
