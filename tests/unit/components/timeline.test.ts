import { describe, expect, test } from "vitest";
import { describeCode } from "@/components/code-hint";
import * as timeline from "@/components/timeline";
import { BOUNCE_REASONS } from "@/domain/bounce-reasons";
import { type Confirmation, DELIVERY_STATUSES, type DeliveryStatus } from "@/domain/confirmation-state";
import { reasonSentence } from "@/domain/delivery-reasons";
import { FAILURE_CODES } from "@/emails/failures";
import { textsOf } from "@/messages/catalog";
import { LANGUAGES } from "@/messages/languages";
import { makeConfirmation, SERVER_TIME } from "../../support/confirmations";

const NOW_MS = Date.parse(SERVER_TIME);
const NO_ANSWER = { code: "timeout", message: "The mail server did not answer." };

const { isInMailbox, needsOtherAddress } = timeline;
const texts = textsOf("en");
const describeSteps = (confirmation: Confirmation, nowMs: number) =>
  timeline.describeSteps(texts, confirmation, nowMs);
const describeStatus = (confirmation: Confirmation, nowMs: number) =>
  timeline.describeStatus(texts, confirmation, nowMs);

function attemptOf(confirmation: Confirmation, nowMs = NOW_MS): string | null {
  return confirmation.delivery && timeline.describeAttempt(texts, confirmation.delivery, nowMs);
}

describe("the steps", () => {
  test.each(DELIVERY_STATUSES)("are five with one current, so that nothing moves: %s", (status) => {
    const steps = describeSteps(makeConfirmation({ status }), NOW_MS);
    expect(steps).toHaveLength(5);
    expect(steps.filter((step) => step.isCurrent).map((step) => step.key)).toEqual([status]);
  });

  test("say what is over, what is under way and what has not come", () => {
    const steps = describeSteps(makeConfirmation({ status: "sending", attempt: 1 }), NOW_MS);
    expect(steps.map((step) => [step.label, step.tone])).toEqual([
      ["Registered", "done"],
      ["Queued", "done"],
      ["Sending", "live"],
      ["Sent", "idle"],
      ["Delivered", "idle"],
    ]);
  });

  test("a mail that came back was sent; one that failed was not", () => {
    expect(describeSteps(makeConfirmation({ status: "bounced" }), NOW_MS).map((step) => step.tone)).toEqual([
      "done",
      "done",
      "done",
      "done",
      "bad",
    ]);
    expect(describeSteps(makeConfirmation({ status: "failed" }), NOW_MS).map((step) => step.tone)).toEqual([
      "done",
      "done",
      "bad",
      "idle",
      "idle",
    ]);
  });

  test("carry the instants that are known, and no others", () => {
    const sentAt = "2026-11-24T10:00:03.000Z";
    const steps = describeSteps(makeConfirmation({ status: "sent", attempt: 1, sent_at: sentAt }), NOW_MS);
    expect(steps.map((step) => step.at)).toEqual([
      "2026-11-24T10:00:00.000Z",
      "2026-11-24T10:00:00.000Z",
      null,
      sentAt,
      null,
    ]);
  });

  test("show a slow queue as waiting, like the sentence does", () => {
    const queued = makeConfirmation({ status: "queued", next_attempt_at: SERVER_TIME });
    const toneAt = (nowMs: number) => describeSteps(queued, nowMs).find((step) => step.isCurrent)?.tone;
    expect([toneAt(NOW_MS), toneAt(NOW_MS + 11_000)]).toEqual(["live", "waiting"]);
  });

  test("of an account without a mail end with the registration", () => {
    const steps = describeSteps(makeConfirmation(null), NOW_MS);
    expect(steps.filter((step) => step.isCurrent).map((step) => step.key)).toEqual(["registered"]);
  });
});

describe("the attempt", () => {
  const retrying = makeConfirmation({
    status: "retrying",
    attempt: 1,
    next_attempt_at: "2026-11-24T10:01:28.000Z",
    reason: NO_ANSWER,
  });

  test("counts down to the next try and names it", () => {
    expect(attemptOf(retrying)).toBe("next try in 0:58 (attempt 2 of 6)");
    expect(attemptOf(retrying, NOW_MS + 57_500)).toBe("next try in 0:01 (attempt 2 of 6)");
  });

  test("stays true when the next try is due and has not begun", () => {
    expect(attemptOf(retrying, NOW_MS + 60_000)).toBe("next try any moment (attempt 2 of 6)");
  });

  test("is worth a word from the second one on", () => {
    expect(attemptOf(makeConfirmation({ status: "sending", attempt: 1 }))).toBeNull();
    expect(attemptOf(makeConfirmation({ status: "sending", attempt: 2 }))).toBe("attempt 2 of 6");
    expect(attemptOf(makeConfirmation({ status: "failed", attempt: 6 }))).toBe("after 6 attempts");
    expect(attemptOf(makeConfirmation({ status: "sent", attempt: 3 }))).toBeNull();
  });
});

describe("the sentence", () => {
  test.each(DELIVERY_STATUSES)("is the same from second to second while nothing changes: %s", (status) => {
    const next_attempt_at = status === "retrying" ? "2026-11-24T10:01:28.000Z" : null;
    const confirmation = makeConfirmation({ status, next_attempt_at, attempt: 1 });
    const sentences = [0, 1, 5, 30, 57].map(
      (seconds) => describeStatus(confirmation, NOW_MS + seconds * 1000).sentence,
    );
    expect(new Set(sentences).size).toBe(1);
    expect(sentences[0]).toMatch(/[.?]$/);
  });

  test("gives the reason in plain words and what happens next while retrying", () => {
    const { sentence } = describeStatus(
      makeConfirmation({ status: "retrying", attempt: 1, reason: NO_ANSWER }),
      NOW_MS,
    );
    expect(sentence).toBe(
      "Attempt 1 of 6 failed: the mail server did not answer. We try again by ourselves; there is nothing you need to do.",
    );
  });

  test("gives the reason and what to do when it failed", () => {
    const { sentence } = describeStatus(
      makeConfirmation({ status: "failed", attempt: 6, reason: NO_ANSWER }),
      NOW_MS,
    );
    expect(sentence).toMatch(/^The mail server did not answer\. .*ask for a new code\.$/);
  });

  test("says that the queue is slow when a mail should have left ten seconds ago, and not before", () => {
    const queued = makeConfirmation({ status: "queued", next_attempt_at: SERVER_TIME });
    expect(describeStatus(queued, NOW_MS + 9_000).headline).toBe("Queued");
    expect(describeStatus(queued, NOW_MS + 11_000)).toMatchObject({ headline: "Delayed", tone: "waiting" });
  });

  test("says so when the address is confirmed, whatever its mail does", () => {
    const confirmed = makeConfirmation({ status: "cancelled" }, { confirmed: true });
    expect(describeStatus(confirmed, NOW_MS)).toMatchObject({ headline: "Confirmed", tone: "done" });
  });

  test("says that a mail is late while the mailbox's server puts it off, and so does its step", () => {
    const late = makeConfirmation({
      status: "sent",
      reason: { code: "delayed", message: reasonSentence("delayed", "en") },
    });
    expect(describeStatus(late, NOW_MS)).toEqual({
      tone: "waiting",
      headline: "Delayed",
      sentence:
        "The mail is on its way, but late: the mail server of this address is slow to take the mail. It will keep trying.",
    });
    expect(describeSteps(late, NOW_MS).find((step) => step.isCurrent)).toMatchObject({
      label: "Sent, delayed",
      tone: "waiting",
    });
    expect(describeStatus(makeConfirmation({ status: "sent" }), NOW_MS).headline).toBe("Sent");
  });

  test("asks for another address where only that can help, and for another code where that can", () => {
    const failed = (code: string) => makeConfirmation({ status: "failed", reason: { code, message: "No." } });
    const bounced = makeConfirmation({ status: "bounced" });
    for (const one of [bounced, failed("mailbox_unavailable"), failed("address_suppressed")]) {
      expect(needsOtherAddress(one.delivery)).toBe(true);
      expect(describeStatus(one, NOW_MS).sentence).toContain("Change the address");
    }
    for (const code of BOUNCE_REASONS) {
      const forNow = makeConfirmation({ status: "bounced", reason: { code, message: "Not now." } });
      expect(needsOtherAddress(forNow.delivery)).toBe(false);
      expect(describeStatus(forNow, NOW_MS).sentence).toMatch(/^The mail came back: .*Ask for another code/);
      expect(describeCode(forNow, NOW_MS)).toEqual({ kind: "not_coming" });
    }
    expect(needsOtherAddress(failed("timeout").delivery)).toBe(false);
    expect(describeStatus(failed("timeout"), NOW_MS).sentence).toContain("ask for a new code");
    expect(needsOtherAddress(makeConfirmation({ status: "delivered" }).delivery)).toBe(false);
  });

  test("promises no code to an address that it cannot reach, none after one that came, and none once it has stopped trying", () => {
    const lead = (status: DeliveryStatus, reason = NO_ANSWER) =>
      timeline.describeLead(makeConfirmation({ status, reason }).delivery);
    for (const status of ["bounced", "suppressed"] as const)
      expect(lead(status)).toBe("confirm.textUnreachable");
    expect(lead("failed", { code: "mailbox_unavailable", message: "" })).toBe("confirm.textUnreachable");
    expect(lead("bounced", { code: "mailbox_full_for_now", message: "" })).toBe("confirm.textNone");
    for (const status of ["sent", "delivered", "complained"] as const)
      expect(lead(status)).toBe("confirm.textSent");
    for (const status of ["queued", "sending", "retrying"] as const)
      expect(lead(status)).toBe("confirm.text");
    for (const status of ["failed", "cancelled"] as const) expect(lead(status)).toBe("confirm.textNone");
    expect(timeline.describeLead(null)).toBe("confirm.textNone");
  });

  test.each(LANGUAGES)(
    "says in %s that we called a mail off, and in other words that it was not needed",
    (language) => {
      const tell = (code: string) => {
        const reason = { code, message: reasonSentence(code, language) };
        const cancelled = makeConfirmation({ status: "cancelled", reason });
        return timeline.describeStatus(textsOf(language), cancelled, NOW_MS).sentence;
      };
      expect(tell("called_off")).toBe(textsOf(language).t("timeline.sentence.calledOff"));
      expect(tell("superseded")).toBe(textsOf(language).t("timeline.sentence.cancelled"));
      expect(tell("called_off")).not.toBe(tell("superseded"));
      expect(reasonSentence("called_off", language)).not.toBe(reasonSentence("unknown", language));
    },
  );

  test("stands first in the tab's title", () => {
    expect(texts.t("confirm.tab", { state: "Retrying" })).toMatch(/^Retrying · /);
  });

  test.each([...FAILURE_CODES, "delayed", "bounced", "failed"])(
    "tells the reason as the API does, within a sentence and as one of its own: %s",
    (code) => {
      const message = reasonSentence(code, "en");
      const tell = (status: DeliveryStatus) =>
        describeStatus(makeConfirmation({ status, attempt: 1, reason: { code, message } }), NOW_MS).sentence;
      expect(tell("failed").startsWith(`${message} `)).toBe(true);
      expect(tell("retrying")).toContain(`failed: ${message.charAt(0).toLowerCase()}${message.slice(1)} We`);
      expect(texts.has(`reason.${code}`)).toBe(true);
    },
  );

  test("tells a reason that is newer than the page in the API's words", () => {
    const reason = { code: "not_known_yet", message: "The moon stood wrong." };
    expect(describeStatus(makeConfirmation({ status: "retrying", reason }), NOW_MS).sentence).toContain(
      "The moon stood wrong.",
    );
  });
});

describe("a code that is over", () => {
  const sent_at = SERVER_TIME;
  const ago = (seconds: number) => new Date(NOW_MS - seconds * 1000).toISOString();
  const over = { tries_left: 5, expires_at: ago(1), next_try_at: null };
  const tried = { tries_left: 0, expires_at: ago(-600), next_try_at: null };

  test.each([
    ["sent", null],
    ["sent", "delayed"],
    ["delivered", null],
  ] as const)("sends nobody to look for it, or to wait for it: %s, %s", (status, reason) => {
    const tell = (code: Confirmation["code"]) => {
      const mail = { status, attempt: 1, sent_at, reason: reason && { code: reason, message: "" } };
      return describeStatus(makeConfirmation(mail, { code }), NOW_MS);
    };
    const before = tell({ ...tried, tries_left: 1 });
    for (const code of [over, tried]) {
      expect(tell(code)).toEqual({
        tone: "waiting",
        headline: before.headline,
        sentence: "The code in this mail does not work any more. Ask for a new one below.",
      });
      expect(before.sentence).not.toBe(tell(code).sentence);
    }
  });
});

describe("a mail that was marked as spam", () => {
  const told = (code: Partial<Confirmation["code"]>) =>
    makeConfirmation(
      { status: "complained", attempt: 1, sent_at: SERVER_TIME },
      {
        code: {
          tries_left: 5,
          expires_at: new Date(NOW_MS + 60_000).toISOString(),
          next_try_at: null,
          ...code,
        },
      },
    );

  test("can be used while its code works", () => {
    expect(describeStatus(told({}), NOW_MS).sentence).toContain("the code in it works");
    expect(timeline.isAddressOver(told({}), NOW_MS)).toBe(false);
  });

  test("offers no other code, which would not be sent, and whose answer would hide that this one works", () => {
    expect(timeline.isAddressBarred(told({}), NOW_MS)).toBe(true);
    expect(timeline.isAddressBarred(told({ tries_left: 0 }), NOW_MS)).toBe(true);
  });

  test("asks for another address once its code is over, since no other code would be sent there", () => {
    for (const code of [{ expires_at: SERVER_TIME }, { tries_left: 0 }]) {
      const status = describeStatus(told(code), NOW_MS + 1000);
      expect(status).toMatchObject({ tone: "bad", headline: "Marked as spam" });
      expect(status.sentence).toMatch(/We no longer write to this address.*change it to another one/);
      expect(timeline.isAddressOver(told(code), NOW_MS + 1000)).toBe(true);
      expect(describeCode(told(code), NOW_MS + 1000)).toEqual({ kind: "not_coming" });
    }
  });
});

describe("the way to the mailbox", () => {
  test.each(DELIVERY_STATUSES)("is offered only when the mail can be there: %s", (status) => {
    const { delivery } = makeConfirmation({ status });
    expect(isInMailbox(delivery)).toBe(status === "sent" || status === "delivered");
  });

  test("is not offered while the mailbox's server puts the mail off, nor without a mail", () => {
    const reason = { code: "delayed", message: reasonSentence("delayed", "en") };
    expect(isInMailbox(makeConfirmation({ status: "sent", reason }).delivery)).toBe(false);
    expect(isInMailbox(null)).toBe(false);
  });
});
