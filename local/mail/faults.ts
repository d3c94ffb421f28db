// The fault dial: which trouble everyone gets, or a share of tries. Pure; the store in dial.ts keeps it.
import { createHash } from "node:crypto";
import { z } from "zod";

export const FAULTS = {
  refuse: "The provider answers with an error for now (HTTP 503, SMTP 451).",
  reject: "The address is refused for good (HTTP 422, SMTP 550).",
  rate_limit: "Too many requests (HTTP 429 with Retry-After, SMTP 451 4.7.28).",
  quota: "The day's quota is used up (HTTP 429 daily_quota_exceeded, SMTP 452).",
  greylist: "The first try of every mail is put off, later ones pass.",
  hang: "No answer ever comes; nothing is accepted.",
  down: "The connection is cut at once; nothing is accepted.",
  lost_reply: "The mail is accepted, then the connection is cut before the answer.",
  slow: "The answer takes a while; then the mail is accepted.",
  bounce: "The mail is accepted, then it bounces.",
} as const;
export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as [FaultKind, ...FaultKind[]];

const Fault = z
  .strictObject({
    kind: z.enum(FAULT_KINDS),
    /** Share of the tries that get it, 0 to 100. */
    percent: z.number().min(0).max(100).default(100),
    /** `rate_limit`: what Retry-After says. */
    retry_after_seconds: z.int().min(0).max(86_400).optional(),
    /** `slow`: how long the answer takes. */
    delay_ms: z.int().min(0).max(600_000).optional(),
    /** `quota`: which one is used up. */
    period: z.enum(["daily", "monthly"]).optional(),
  })
  .readonly();
export type Fault = z.infer<typeof Fault>;

/** The dial as it is asked for and kept. Shares are drawn from one number, so together they are at most 100. */
export const Dial = z
  .strictObject({
    faults: z.array(Fault).max(FAULT_KINDS.length).default([]),
    /** The same seed, mail and try always draw the same fate. */
    seed: z.string().max(100).default("latchkey"),
    /** `try`: every try of a mail is drawn anew. `mail`: all tries of one mail share their fate. */
    draw: z.enum(["try", "mail"]).default("try"),
    /** At most so many requests or messages in any second, the rest get 429; null: no limit. */
    limit_per_second: z.int().min(1).max(100_000).nullable().default(null),
  })
  .refine((dial) => sumOfPercents(dial.faults) <= 100.0001, {
    path: ["faults"],
    message: "The shares add up to more than 100 percent.",
  })
  .refine((dial) => new Set(dial.faults.map(({ kind }) => kind)).size === dial.faults.length, {
    path: ["faults"],
    message: "A kind of fault appears twice.",
  });
export type Dial = z.infer<typeof Dial>;

export const CALM: Dial = { faults: [], seed: "latchkey", draw: "try", limit_per_second: null };

export const RETRY_AFTER_SECONDS_DEFAULT = 2;
export const SLOW_MS_DEFAULT = 3_000;

export function sumOfPercents(faults: readonly Fault[]): number {
  return faults.reduce((sum, { percent }) => sum + percent, 0);
}

/**
 * The fault one try of one mail gets, or null. `mailKey` names the mail (idempotency key, Message-ID or address),
 * `tryNumber` counts from 1. The same arguments give the same answer, in this process and after a restart.
 */
export function drawFault(dial: Dial, mailKey: string, tryNumber: number): Fault | null {
  const drawn = drawPercent(dial.seed, mailKey, dial.draw === "mail" ? 1 : tryNumber);
  let end = 0;
  for (const fault of dial.faults) {
    end += fault.percent;
    if (drawn < end) return fault.kind === "greylist" && tryNumber > 1 ? null : fault;
  }
  return null;
}

/** 0 (included) to 100 (excluded), evenly spread. */
function drawPercent(seed: string, mailKey: string, tryNumber: number): number {
  const hash = createHash("sha256")
    .update(JSON.stringify([seed, mailKey, tryNumber]))
    .digest();
  return (hash.readUIntBE(0, 6) / 2 ** 48) * 100;
}

/** The dial in a few words: `30 % refuse, 10 % hang, at most 10 a second`; null when everything is accepted. */
export function describeDial(dial: Dial): string | null {
  const active = dial.faults.filter(({ percent }) => percent > 0);
  const words = active.map(({ kind, percent }) => `${formatPercent(percent)} ${kind.replace("_", " ")}`);
  if (dial.limit_per_second !== null) words.push(`at most ${dial.limit_per_second} a second`);
  return words.length > 0 ? words.join(", ") : null;
}

function formatPercent(percent: number): string {
  return percent === 100 ? "every" : `${Number(percent.toFixed(2))} %`;
}
