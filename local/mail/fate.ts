// What happens to one try of handing over one mail: the dial first, then what the addresses ask for. Pure.
import {
  type Dial,
  drawFault,
  type Fault,
  type FaultKind,
  RETRY_AFTER_SECONDS_DEFAULT,
  SLOW_MS_DEFAULT,
} from "./faults.ts";
import type { Outcome } from "./mail.ts";
import { tagEffects } from "./tags.ts";

export type Refusal =
  /** For now: the provider has a problem of its own. */
  | { kind: "refuse" }
  /** For good: this address takes no mail. */
  | { kind: "reject"; address: string }
  | { kind: "rate_limit"; retryAfterSeconds: number }
  | { kind: "quota"; period: "daily" | "monthly" }
  | { kind: "greylist" }
  /** No answer ever comes. */
  | { kind: "hang" }
  /** The connection is cut without an answer. */
  | { kind: "down" };

export type Acceptance = {
  kind: "accept";
  delayMs: number;
  /** Cut the connection instead of answering. */
  losesReply: boolean;
  /** What the dial makes of the accepted mail; its address may ask for something else (`outcomeOfTags`). */
  outcome: Outcome;
};

/**
 * `fault`: what the dial injected; null when only the addresses spoke. The dial speaks for the provider as a whole, so
 * a repeated request meets it too; tags speak for one mail, and are silent once it was accepted.
 */
export type Fate = (Refusal | Acceptance) & { fault: FaultKind | null };

export type Attempt = {
  /** Names the mail for the draw. */
  mailKey: string;
  /** Tries of this mail the dial has seen, with this one, from 1. */
  drawNumber: number;
  /** Tries since the mail was last accepted, with this one, from 1: what `+retryN` counts. */
  tryNumber: number;
  /** Bare addresses. */
  recipients: readonly string[];
};

export function decideFate(dial: Dial, attempt: Attempt): Fate {
  const fault = drawFault(dial, attempt.mailKey, attempt.drawNumber);
  const tagged = fateOfTags(attempt);
  if (!fault) return { ...tagged, fault: null };
  const dialled = fateOfFault(fault, attempt);
  if (dialled.kind !== "accept") return { ...dialled, fault: fault.kind };
  if (tagged.kind !== "accept") return { ...tagged, fault: null };
  return {
    kind: "accept",
    delayMs: dialled.delayMs + tagged.delayMs,
    losesReply: dialled.losesReply || tagged.losesReply,
    outcome: dialled.outcome,
    fault: fault.kind,
  };
}

const ACCEPTED: Acceptance = { kind: "accept", delayMs: 0, losesReply: false, outcome: "delivered" };

function fateOfFault(fault: Fault, { recipients }: Attempt): Refusal | Acceptance {
  switch (fault.kind) {
    case "refuse":
    case "greylist":
    case "hang":
    case "down":
      return { kind: fault.kind };
    case "reject":
      return { kind: "reject", address: recipients[0] ?? "" };
    case "rate_limit":
      return {
        kind: "rate_limit",
        retryAfterSeconds: fault.retry_after_seconds ?? RETRY_AFTER_SECONDS_DEFAULT,
      };
    case "quota":
      return { kind: "quota", period: fault.period ?? "daily" };
    case "lost_reply":
      return { ...ACCEPTED, losesReply: true };
    case "slow":
      return { ...ACCEPTED, delayMs: fault.delay_ms ?? SLOW_MS_DEFAULT };
    case "bounce":
      return { ...ACCEPTED, outcome: "bounced" };
  }
}

/** The first refusal wins; what only colours an acceptance adds up. */
function fateOfTags({ recipients, tryNumber }: Attempt): Refusal | Acceptance {
  const accepted: Acceptance = { ...ACCEPTED };
  for (const address of recipients) {
    for (const effect of tagEffects(address)) {
      switch (effect.kind) {
        case "fail":
          return { kind: "refuse" };
        case "retry":
          if (tryNumber <= effect.times) return { kind: "refuse" };
          break;
        case "greylist":
          if (tryNumber === 1) return { kind: "greylist" };
          break;
        case "refuse":
          return { kind: "reject", address };
        case "hang":
          return { kind: "hang" };
        case "drop":
          accepted.losesReply = true;
          break;
        case "slow":
          accepted.delayMs = Math.max(accepted.delayMs, effect.delayMs);
          break;
        case "outcome":
          break;
      }
    }
  }
  return accepted;
}

/** What the addresses of an accepted mail make of it; null when they ask for nothing. */
export function outcomeOfTags(recipients: readonly string[]): Outcome | null {
  for (const effect of recipients.flatMap(tagEffects)) if (effect.kind === "outcome") return effect.outcome;
  return null;
}
