// What the page shows for each state of a delivery: the steps of the list, and one sentence that says where things
// stand. Always five steps, so that nothing on the page moves when the state does. Pure.
import type { Confirmation, DeliveryStatus } from "@/domain/confirmation-state";
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

const LABELS = {
  registered: "Registered",
  queued: "Queued",
  sending: "Sending",
  retrying: "Retrying",
  sent: "Sent",
  delivered: "Delivered",
  failed: "Failed",
  bounced: "Came back",
  complained: "Marked as spam",
  suppressed: "Not sent",
  cancelled: "Called off",
} as const satisfies Record<StepKey, string>;

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

const TONE_OF = {
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
export function describeSteps(confirmation: Confirmation, nowMs: number): Step[] {
  const { delivery } = confirmation;
  const currentPlace = delivery ? PLACE_OF[delivery.status] : 0;
  return PLACES.map((place, index) => {
    const isCurrent = index === currentPlace;
    const key: StepKey = isCurrent && delivery ? delivery.status : place;
    const tone = isCurrent ? currentTone(delivery, nowMs) : index < currentPlace ? "done" : "idle";
    const label = isCurrent && isDelayed(delivery) ? "Sent, delayed" : LABELS[key];
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
export function describeAttempt(delivery: Delivery, nowMs: number): string | null {
  const { status, attempt, max_attempts, next_attempt_at } = delivery;
  if (status === "retrying") {
    const which = `(attempt ${attempt + 1} of ${max_attempts})`;
    const left = next_attempt_at ? secondsUntil(next_attempt_at, nowMs) : 0;
    return left > 0 ? `next try in ${formatCountdown(left)} ${which}` : `next try any moment ${which}`;
  }
  if (status === "sending" && attempt > 1) return `attempt ${attempt} of ${max_attempts}`;
  if (status === "failed" && attempt > 1) return `after ${attempt} attempts`;
  return null;
}

export type Status = {
  tone: Tone;
  /** One or two words; also the tab's title. */
  headline: string;
  /** What is true, and what comes next or what to do. Changes only when the state does. */
  sentence: string;
};

/** The tab's title: the state first, because tabs are narrow. */
export function tabTitle(headline: string): string {
  return `${headline} · Confirm your email · Latchkey`;
}

/** A queued mail that should have left this long ago is waiting for something that is away. */
const SLOW_QUEUE_SECONDS = 10;

/** Where things stand, in words. `nowMs` (the server's clock) only tells a slow queue from a normal one. */
export function describeStatus(confirmation: Confirmation, nowMs: number): Status {
  const { delivery, email } = confirmation;
  if (confirmation.confirmed)
    return { tone: "done", headline: "Confirmed", sentence: `${email} is yours. Taking you in.` };
  if (!delivery)
    return {
      tone: "idle",
      headline: "No mail yet",
      sentence: "No mail was sent so far. Ask for a code below.",
    };
  const reason = delivery.reason?.message ?? "The mail could not be sent.";
  switch (delivery.status) {
    case "queued":
      return isQueueSlow(delivery, nowMs)
        ? {
            tone: "waiting",
            headline: "Delayed",
            sentence:
              "The queue is slow. Your account is safe; the code leaves as soon as the queue moves again.",
          }
        : {
            tone: "live",
            headline: "Queued",
            sentence: "Your account is ready. Your code leaves in a moment.",
          };
    case "sending":
      return {
        tone: "live",
        headline: "Sending",
        sentence:
          delivery.attempt > 1
            ? "We are trying again to hand your code to the mail server."
            : "We are handing your code to the mail server.",
      };
    case "retrying":
      return {
        tone: "waiting",
        headline: "Retrying",
        sentence: `Attempt ${delivery.attempt} of ${delivery.max_attempts} failed: ${lowerFirst(reason)} We try again by ourselves; there is nothing you need to do.`,
      };
    case "sent":
      if (isDelayed(delivery))
        return {
          tone: "waiting",
          headline: "Delayed",
          sentence: `The mail is on its way, but late: ${lowerFirst(reason)}`,
        };
      return {
        tone: "done",
        headline: "Sent",
        sentence:
          "The mail server took your code. Not in your inbox within a minute? Look in the spam folder.",
      };
    case "delivered":
      return {
        tone: "done",
        headline: "Delivered",
        sentence: "The code is in your mailbox. If you do not see it, look in the spam folder.",
      };
    case "failed":
      return {
        tone: "bad",
        headline: "Failed",
        sentence: needsOtherAddress(delivery)
          ? `${reason} Change the address, and a new code goes there.`
          : `${reason} We have stopped trying. Check the address above, then ask for a new code.`,
      };
    case "bounced":
      return {
        tone: "bad",
        headline: "Came back",
        sentence: `The mail came back: ${lowerFirst(delivery.reason?.message ?? "This address refused the mail.")} Change the address, and a new code goes there.`,
      };
    case "complained":
      return {
        tone: "bad",
        headline: "Marked as spam",
        sentence:
          "Our mail was marked as spam in this mailbox. If that was a mistake, move it to the inbox; the code in it works.",
      };
    case "suppressed":
      return {
        tone: "bad",
        headline: "Not sent",
        sentence:
          "We no longer write to this address: an earlier mail came back or was marked as spam. Please change it to another one.",
      };
    case "cancelled":
      return {
        tone: "bad",
        headline: "Called off",
        sentence: "This mail was called off before it left. Ask for a new code below.",
      };
  }
}

/** The provider has the mail, and the mailbox's own server has put it off (`delayed` in domain/provider-events.ts). */
function isDelayed(delivery: Confirmation["delivery"]): boolean {
  return delivery?.status === "sent" && delivery.reason?.code === "delayed";
}

/** Refusals of an address for good: asking for another code would end in the same way. */
const ADDRESS_REFUSED = new Set([
  "address_suppressed",
  "mailbox_unavailable",
  "address_invalid",
  "address_not_supported",
  "domain_unavailable",
]);

/** Only another address can help; the page then holds the form for it open. */
export function needsOtherAddress(delivery: Confirmation["delivery"]): boolean {
  if (delivery?.status === "bounced" || delivery?.status === "suppressed") return true;
  return delivery?.status === "failed" && ADDRESS_REFUSED.has(delivery.reason?.code ?? "");
}

function isQueueSlow(delivery: Delivery, nowMs: number): boolean {
  const dueMs = Date.parse(delivery.next_attempt_at ?? delivery.queued_at);
  return nowMs - dueMs > SLOW_QUEUE_SECONDS * 1000;
}

/** A server's sentence inside one of ours: "The mail server…" → "the mail server…". */
function lowerFirst(sentence: string): string {
  return /^(The|This|That|There|We|Our|What|An?|Something)\b/.test(sentence)
    ? sentence.charAt(0).toLowerCase() + sentence.slice(1)
    : sentence;
}
