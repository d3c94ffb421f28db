// What happened to one mail, in plain English sentences in the order of time: for operators, who see the provider's
// words and every attempt. Pure: told from rows.
import type { StartEvent } from "@/db/delivery-facts";
import { isNoticeKind } from "@/db/notices";
import type { AuditLogRow, DeliveryAttemptRow, DeliveryRow, ProviderEventRow, UserRow } from "@/db/schema";
import { type OperatorTexts, operatorTexts } from "@/messages/operators";
import { reasonSentence } from "./delivery-reasons";
import { countTries, isOpen } from "./delivery-status";
import { maskEmail } from "./email-address";

export type DeliveryFacts = {
  delivery: DeliveryRow;
  user: UserRow;
  attempts: readonly DeliveryAttemptRow[];
  providerEvents: readonly ProviderEventRow[];
  startEvents: readonly StartEvent[];
  operatorActs: readonly AuditLogRow[];
};

export type StoryLine = { at: Date; text: string };
/** `summary`: where it stands now, in one sentence. */
export type Story = { summary: string; lines: StoryLine[] };

/** The story of a mail as of `now`. */
export function tellStory(facts: DeliveryFacts, now: Date): Story {
  const texts = operatorTexts();
  const { delivery, attempts, providerEvents, operatorActs, startEvents, user } = facts;
  const lines: StoryLine[] = [
    {
      at: delivery.createdAt,
      text: texts.t("story.queued", {
        kind: texts.t(`kind.${delivery.kind}`),
        address: maskEmail(delivery.recipient),
      }),
    },
    ...startEvents.flatMap((event) => tellStart(texts, event)),
    ...attempts.flatMap((attempt) => tellAttempt(texts, attempt)),
    ...providerEvents.map((event) => ({
      at: event.receivedAt,
      text: texts.t("story.providerSays", { what: sayEvent(texts, event.type) }),
    })),
    ...tellEnd(texts, delivery),
    ...operatorActs.map((act) => ({ at: act.at, text: tellAct(texts, act, delivery.id) })),
  ];
  if (user.emailConfirmedAt && !isNoticeKind(delivery.kind))
    lines.push({ at: user.emailConfirmedAt, text: texts.t("story.confirmed") });
  // Stable: what happened at the same instant stays in the order above.
  lines.sort((a, b) => a.at.getTime() - b.at.getTime());
  return { summary: summarize(texts, delivery, now), lines };
}

function tellStart(texts: OperatorTexts, event: StartEvent): StoryLine[] {
  if (event.publishedAt) return [{ at: event.publishedAt, text: texts.t("story.published") }];
  return [{ at: event.createdAt, text: texts.t("story.notPublished", { tries: event.tries }) }];
}

function tellAttempt(texts: OperatorTexts, attempt: DeliveryAttemptRow): StoryLine[] {
  const { number, provider, startedAt, endedAt, outcome } = attempt;
  const begun = { at: startedAt, text: texts.t("story.begun", { number, provider }) };
  if (outcome === null || !endedAt) return [begun];
  const values = { number, provider };
  const end = (text: string) => [begun, { at: endedAt, text }];
  switch (outcome) {
    case "accepted":
      return end(texts.t("story.accepted", values));
    case "deduplicated":
      return end(texts.t("story.deduplicated", values));
    case "lost":
      return end(texts.t("story.lost", values));
    case "withheld":
      return end(texts.t("story.withheld", { ...values, why: attempt.errorCode ?? "none" }));
    case "failed":
      return end(
        texts.t("story.failed", {
          ...values,
          reason: reasonSentence(attempt.errorCode ?? "unknown", "en"),
          class: texts.t(`class.${classOf(attempt.errorClass)}`),
          answer: sayAnswer(texts, attempt),
        }),
      );
  }
}

const classOf = (name: string | null) =>
  name === "transient" || name === "permanent" || name === "ambiguous" || name === "ours" ? name : "unknown";

function sayAnswer(texts: OperatorTexts, { providerCode, providerText }: DeliveryAttemptRow): string {
  if (!providerText && !providerCode) return "";
  return ` ${texts.t("story.answer", { words: [providerCode, providerText].filter(Boolean).join(" ") })}`;
}

function sayEvent(texts: OperatorTexts, type: string): string {
  const key = `event.${type}`;
  return texts.has(key) ? texts.t(key) : type;
}

function tellAct(texts: OperatorTexts, act: AuditLogRow, deliveryId: string): string {
  if (act.type === "delivery_cancelled") return texts.t("story.calledOff");
  const { deliveryId: from = "", newDeliveryId: to = "" } = act.details;
  return from === deliveryId
    ? texts.t("story.replayedAs", { id: String(to) })
    : texts.t("story.replayOf", { id: String(from) });
}

function tellEnd(texts: OperatorTexts, delivery: DeliveryRow): StoryLine[] {
  const { status, settledAt, reasonCode } = delivery;
  if (!settledAt) return [];
  if (status === "failed")
    return [{ at: settledAt, text: texts.t("story.givenUp", { tries: countTries(delivery) }) }];
  if (status === "cancelled" && reasonCode && reasonCode !== "called_off")
    return [
      { at: settledAt, text: texts.t("story.cancelled", { reason: reasonSentence(reasonCode, "en") }) },
    ];
  if (delivery.standsForId)
    return [{ at: settledAt, text: texts.t("story.standsFor", { id: delivery.standsForId }) }];
  return [];
}

function summarize(texts: OperatorTexts, delivery: DeliveryRow, now: Date): string {
  const { status, nextAttemptAt, reasonCode } = delivery;
  const dueMs = nextAttemptAt ? nextAttemptAt.getTime() - now.getTime() : 0;
  const said = texts.t(`summary.${status}`, {
    attempt: countTries(delivery),
    max: delivery.maxAttempts,
    seconds: Math.max(0, Math.ceil(dueMs / 1000)),
    isDue: dueMs > 0 ? "no" : "yes",
  });
  // Called off by an operator: the line of that act says so.
  if (reasonCode === "called_off") return said;
  return reasonCode && (!isOpen(status) || status === "retrying")
    ? `${said} ${reasonSentence(reasonCode, "en")}`
    : said;
}
