// What an address asks for: `ada+slow@example.com`. The one table of address tags; the page shows it as it is.
import type { Outcome } from "./mail.ts";

/** How long `+slow` takes to answer: longer than people wait, shorter than the product's time-out of 10 s. */
export const SLOW_MS = 8_000;

export type TagEffect =
  | { kind: "slow"; delayMs: number }
  /** Refused for now, the first `times` tries. */
  | { kind: "retry"; times: number }
  | { kind: "fail" }
  | { kind: "greylist" }
  | { kind: "refuse" }
  | { kind: "hang" }
  | { kind: "drop" }
  | { kind: "outcome"; outcome: Outcome };

export type Tag = {
  /** As written behind the plus; `N` stands for a digit from 1 to 9. */
  name: string;
  meaning: string;
  pattern: RegExp;
  effect: (match: RegExpExecArray) => TagEffect;
};

const outcome = (name: string, is: Outcome, meaning: string): Tag => ({
  name,
  meaning,
  pattern: new RegExp(`^${name}$`),
  effect: () => ({ kind: "outcome", outcome: is }),
});

export const TAGS: readonly Tag[] = [
  {
    name: "slow",
    meaning: "The answer takes 8 seconds; then the mail is accepted.",
    pattern: /^slow$/,
    effect: () => ({ kind: "slow", delayMs: SLOW_MS }),
  },
  {
    name: "retryN",
    meaning: "The first N tries (1 to 9) are refused for now, then it is accepted.",
    pattern: /^retry([1-9])$/,
    effect: (match) => ({ kind: "retry", times: Number(match[1]) }),
  },
  {
    name: "fail",
    meaning: "Every try is refused for now.",
    pattern: /^fail$/,
    effect: () => ({ kind: "fail" }),
  },
  {
    name: "greylist",
    meaning: "The first try is put off, as greylisting servers do; then it is accepted.",
    pattern: /^greylist$/,
    effect: () => ({ kind: "greylist" }),
  },
  {
    name: "refuse",
    meaning: "The address is refused for good.",
    pattern: /^refuse$/,
    effect: () => ({ kind: "refuse" }),
  },
  {
    name: "hang",
    meaning: "No answer ever comes; the mail is not accepted.",
    pattern: /^hang$/,
    effect: () => ({ kind: "hang" }),
  },
  {
    name: "drop",
    meaning: "Accepted, then the connection is cut before the answer: a lost reply.",
    pattern: /^drop$/,
    effect: () => ({ kind: "drop" }),
  },
  outcome("bounce", "bounced", "Accepted; then it bounces for good."),
  outcome("softbounce", "soft_bounced", "Accepted; then it bounces because the mailbox is full."),
  outcome("delay", "delivery_delayed", "Accepted; delivery is delayed, then done."),
  outcome("complain", "complained", "Accepted and delivered; then reported as spam."),
  outcome(
    "suppress",
    "suppressed",
    "Accepted; then not sent, because the address is on the suppression list.",
  ),
  outcome("undelivered", "failed", "Accepted; then sending fails at the provider."),
];

/** Resend's own test addresses (resend.com/docs, "send test emails"); a label may follow: `bounced+x@resend.dev`. */
const TEST_ADDRESSES = new Map<string, Outcome>([
  ["delivered", "delivered"],
  ["bounced", "bounced"],
  ["complained", "complained"],
  ["suppressed", "suppressed"],
]);

/** What a bare address asks for, in the order written. Unknown tags mean nothing, as with real mailboxes. */
export function tagEffects(address: string): TagEffect[] {
  const at = address.lastIndexOf("@");
  const [name = "", ...tags] = address.slice(0, at).toLowerCase().split("+");
  if (address.slice(at + 1).toLowerCase() === "resend.dev") {
    const tested = TEST_ADDRESSES.get(name);
    return tested ? [{ kind: "outcome", outcome: tested }] : [];
  }
  return tags.flatMap((tag) => {
    for (const { pattern, effect } of TAGS) {
      const match = pattern.exec(tag);
      if (match) return [effect(match)];
    }
    return [];
  });
}
