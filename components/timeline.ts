// What the page shows for each state of a delivery: the steps of the list, and one sentence that says where things
// stand. Always five steps, so that nothing on the page moves when the state does. Pure.
import { BOUNCE_REASONS } from "@/domain/bounce-reasons";
import type { Confirmation, DeliveryReason, DeliveryStatus } from "@/domain/confirmation-state";
import type { Texts } from "@/messages/texts";
import { upperFirst } from "@/messages/upper-first";
import { describeCode } from "./code-hint";
import { formatCountdown, secondsUntil } from "./countdown";

/** How a step looks: over, under way, waiting for something, gone wrong, not reached. Never by colour alone. */
export type Tone = "done" | "live" | "waiting" | "bad" | "idle";

export type StepKey = "registered" | DeliveryStatus;

export type Step = {
  /** Which of the five places it stands at; the same in every state. */
  place: (typeof PLACES)[number];
  key: StepKey;
  label: string;
  tone: Tone;
  /** When it happened, ISO 8601; null when that is not known or has not come. */
  at: string | null;
  isCurrent: boolean;
};

type Delivery = NonNullable<Confirmation["delivery"]>;

/** The five places of the list, and which states can stand at each. */
const PLACES = ["registered", "queued", "sending", "sent", "delivered"] as const;

const PLACE_OF = {
  queued: 1,
  sending: 2,
  retrying: 2,
  failed: 2,
  suppressed: 2,
  cancelled: 2,
  sent: 3,
  delivered: 4,
  bounced: 4,
  complained: 4,
} as const satisfies Record<DeliveryStatus, number>;

/** What a state means to the person it is told to. */
export const TONE_OF = {
  queued: "live",
  sending: "live",
  retrying: "waiting",
  sent: "done",
  delivered: "done",
  failed: "bad",
  bounced: "bad",
  complained: "bad",
  suppressed: "bad",
  cancelled: "bad",
} as const satisfies Record<DeliveryStatus, Tone>;

/** The steps for one state, oldest first; exactly one is current. `nowMs` as for describeStatus. */
export function describeSteps({ t }: Texts, confirmation: Confirmation, nowMs: number): Step[] {
  const { delivery } = confirmation;
  const currentPlace = delivery ? PLACE_OF[delivery.status] : 0;
  return PLACES.map((place, index) => {
    const isCurrent = index === currentPlace;
    const key: StepKey = isCurrent && delivery ? delivery.status : place;
    const tone = isCurrent ? currentTone(delivery, nowMs) : index < currentPlace ? "done" : "idle";
    const label = t(`timeline.step.${isCurrent && isDelayed(delivery) ? "delayed" : key}`);
    return { place, key, label, tone, at: instantOf(key, confirmation), isCurrent };
  });
}

function currentTone(delivery: Confirmation["delivery"], nowMs: number): Tone {
  if (!delivery) return "done";
  if (isDelayed(delivery)) return "waiting";
  return delivery.status === "queued" && isQueueSlow(delivery, nowMs) ? "waiting" : TONE_OF[delivery.status];
}

function instantOf(key: StepKey, { registered_at, delivery }: Confirmation): string | null {
  if (key === "registered") return registered_at;
  if (key === "queued") return delivery?.queued_at ?? null;
  if (key === "sent") return delivery?.sent_at ?? null;
  if (key === "delivered") return delivery?.delivered_at ?? null;
  return null;
}

/** What stands beside the current step while attempts are made: the countdown, or which attempt this is. Else null. */
export function describeAttempt({ language, t }: Texts, delivery: Delivery, nowMs: number): string | null {
  const { status, attempt, max_attempts, next_attempt_at } = delivery;
  if (status === "retrying") {
    const which = { attempt: attempt + 1, max: max_attempts };
    const left = next_attempt_at ? secondsUntil(next_attempt_at, nowMs) : 0;
    return left > 0
      ? t("timeline.attempt.nextIn", { left: formatCountdown(left, language), ...which })
      : t("timeline.attempt.nextNow", which);
  }
  if (status === "sending" && attempt > 1) return t("timeline.attempt.now", { attempt, max: max_attempts });
  if (status === "failed" && attempt > 1) return t("timeline.attempt.after", { attempts: attempt });
  return null;
}

/** What can stand at a place of the list, and beside it. */
export type StepRoom = { label: string; side: string | null };

/** Longer than the longest wait of our own schedule, and a time of day. */
const LONG_WAIT_SECONDS = 59 * 60 + 59;
const TIME_OF_DAY = "00:00:00";

/** Everything that can stand at each place: its room is kept there in every state. */
export function describeStepRooms({ language, t }: Texts): Record<Step["place"], StepRoom[]> {
  const label = (key: StepKey | "delayed") => t(`timeline.step.${key}`);
  const timed = (key: StepKey | "delayed") => ({ label: label(key), side: TIME_OF_DAY });
  const which = { attempt: 6, max: 6 };
  const left = formatCountdown(LONG_WAIT_SECONDS, language);
  return {
    registered: [timed("registered")],
    queued: [timed("queued")],
    sending: [
      { label: label("sending"), side: t("timeline.attempt.now", which) },
      { label: label("retrying"), side: t("timeline.attempt.nextIn", { left, ...which }) },
      { label: label("retrying"), side: t("timeline.attempt.nextNow", which) },
      { label: label("failed"), side: t("timeline.attempt.after", { attempts: 6 }) },
      { label: label("suppressed"), side: null },
      { label: label("cancelled"), side: null },
    ],
    sent: [timed("sent"), timed("delayed")],
    delivered: [
      timed("delivered"),
      { label: label("bounced"), side: null },
      { label: label("complained"), side: null },
    ],
  };
}

export type Status = {
  tone: Tone;
  /** One or two words; also the tab's title. */
  headline: string;
  /** What is true, and what comes next or what to do. Changes only when the state does. */
  sentence: string;
};

type Headline = "confirmed" | "none" | "delayed" | DeliveryStatus;

/** A queued mail that should have left this long ago is waiting for something that is away. */
const SLOW_QUEUE_SECONDS = 10;

/** Where things stand, in words. `nowMs` (the server's clock) tells a slow queue from a normal one, and a code that is over. */
export function describeStatus(texts: Texts, confirmation: Confirmation, nowMs: number): Status {
  const { t } = texts;
  const { delivery, email } = confirmation;
  const say = (tone: Tone, headline: Headline, sentence: string): Status => ({
    tone,
    headline: t(`timeline.headline.${headline}`),
    sentence,
  });
  if (confirmation.confirmed) return say("done", "confirmed", t("timeline.sentence.confirmed", { email }));
  if (!delivery) return say("idle", "none", t("timeline.sentence.none"));
  const { status, attempt, max_attempts: max, reason } = delivery;
  const tone = TONE_OF[status];
  switch (status) {
    case "queued":
      return isQueueSlow(delivery, nowMs)
        ? say("waiting", "delayed", t("timeline.sentence.queueSlow"))
        : say(tone, status, t("timeline.sentence.queued"));
    case "sending":
      return say(tone, status, t(`timeline.sentence.${attempt > 1 ? "sendingAgain" : "sending"}`));
    case "retrying":
      return say(
        tone,
        status,
        t("timeline.sentence.retrying", { attempt, max, reason: describeReason(texts, reason) }),
      );
    case "sent":
      if (isCodeOver(confirmation, nowMs))
        return say("waiting", isDelayed(delivery) ? "delayed" : status, t("timeline.sentence.codeOver"));
      if (isDelayed(delivery))
        return say(
          "waiting",
          "delayed",
          t("timeline.sentence.delayed", { reason: describeReason(texts, reason) }),
        );
      return say(tone, status, t("timeline.sentence.sent"));
    case "delivered":
      return isCodeOver(confirmation, nowMs)
        ? say("waiting", status, t("timeline.sentence.codeOver"))
        : say(tone, status, t("timeline.sentence.delivered"));
    case "complained":
      // Another code would be asked for in vain.
      return say(
        tone,
        status,
        t(`timeline.sentence.${isCodeOver(confirmation, nowMs) ? "suppressed" : "complained"}`),
      );
    case "failed": {
      const sentence = needsOtherAddress(delivery) ? "failedForGood" : "failed";
      const why = upperFirst(describeReason(texts, reason), texts.language);
      return say(tone, status, t(`timeline.sentence.${sentence}`, { reason: why }));
    }
    case "bounced": {
      const why = describeReason(texts, reason ?? { code: "bounced", message: "" });
      const sentence = needsOtherAddress(delivery) ? "bounced" : "bouncedForNow";
      return say(tone, status, t(`timeline.sentence.${sentence}`, { reason: why }));
    }
    case "cancelled":
      return say(
        tone,
        status,
        t(`timeline.sentence.${reason?.code === "called_off" ? "calledOff" : status}`),
      );
    case "suppressed":
      return say(tone, status, t(`timeline.sentence.${status}`));
  }
}

/** The mail is there, and what it brought cannot be typed any more: nobody is to look for it. */
function isCodeOver(confirmation: Confirmation, nowMs: number): boolean {
  const { kind } = describeCode(confirmation, nowMs);
  const isNoneToCome = kind === "not_coming" && confirmation.delivery?.status === "complained";
  return kind === "expired" || kind === "no_tries" || isNoneToCome;
}

/** Why, in words that go on after a colon. A code that is newer than this page is told in the API's words. */
function describeReason({ t, has }: Texts, reason: DeliveryReason | null): string {
  if (!reason) return t("reason.unknown");
  const key = `reason.${reason.code}`;
  return has(key) ? t(key) : reason.message;
}

/** The provider has the mail, and the mailbox's own server has put it off (`delayed` in domain/provider-events.ts). */
function isDelayed(delivery: Confirmation["delivery"]): boolean {
  return delivery?.status === "sent" && delivery.reason?.code === "delayed";
}

/** As far as anybody knows, the mail can be in the mailbox by now. */
export function isInMailbox(delivery: Confirmation["delivery"]): boolean {
  return delivery?.status === "delivered" || (delivery?.status === "sent" && !isDelayed(delivery));
}

/** Refusals of an address for good: asking for another code would end in the same way. */
const ADDRESS_REFUSED = new Set([
  "address_suppressed",
  "mailbox_unavailable",
  "address_invalid",
  "address_not_supported",
  "domain_unavailable",
]);

const CAME_BACK_FOR_NOW: ReadonlySet<string> = new Set(BOUNCE_REASONS);

/** Only another address can help; the page then holds the form for it open. `nowMs`: the server's clock. */
export function isAddressOver(confirmation: Confirmation, nowMs: number): boolean {
  const { delivery } = confirmation;
  // While its code works, the mail that was marked as spam is all that is needed.
  const isComplained = delivery?.status === "complained" && isCodeOver(confirmation, nowMs);
  return needsOtherAddress(delivery) || isComplained;
}

/** No mail is sent to the address any more: another code would be asked for in vain. `nowMs`: the server's clock. */
export function isAddressBarred(confirmation: Confirmation, nowMs: number): boolean {
  const status = confirmation.delivery?.status;
  // After a complaint too, while its code works: the answer would be that there is none on its way, and hide the one.
  return status === "complained" || (isAddressOver(confirmation, nowMs) && status !== "failed");
}

/** The mail did not get there, and no other one would. */
export function needsOtherAddress(delivery: Confirmation["delivery"]): boolean {
  const code = delivery?.reason?.code ?? "";
  if (delivery?.status === "bounced") return !CAME_BACK_FOR_NOW.has(code);
  if (delivery?.status === "suppressed") return true;
  return delivery?.status === "failed" && ADDRESS_REFUSED.has(code);
}

/** The mail has left us, and nothing says that it did not arrive. */
const OUT: ReadonlySet<DeliveryStatus> = new Set(["sent", "delivered", "complained"]);

/** The mail is still to leave, now or at a later try. */
const TO_COME: ReadonlySet<DeliveryStatus> = new Set(["queued", "sending", "retrying"]);

export const LEADS = [
  "confirm.text",
  "confirm.textSent",
  "confirm.textNone",
  "confirm.textUnreachable",
] as const;
type Lead = (typeof LEADS)[number];

/** What stands below the heading about the address: a code is to come, was sent, does not come, or cannot get there. */
export function describeLead(delivery: Confirmation["delivery"]): Lead {
  if (needsOtherAddress(delivery)) return "confirm.textUnreachable";
  if (delivery && OUT.has(delivery.status)) return "confirm.textSent";
  return delivery && TO_COME.has(delivery.status) ? "confirm.text" : "confirm.textNone";
}

function isQueueSlow(delivery: Delivery, nowMs: number): boolean {
  const dueMs = Date.parse(delivery.next_attempt_at ?? delivery.queued_at);
  return nowMs - dueMs > SLOW_QUEUE_SECONDS * 1000;
}
