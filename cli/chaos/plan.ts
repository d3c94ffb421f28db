// Who registers when, and what is broken when: all of it follows from the seed. Pure.
import { createDraw } from "../product/draw";
import type { Options } from "./options";

export type Person = {
  username: string;
  email: string;
  password: string;
  /** Milliseconds after the start. */
  atMs: number;
  /** Told to come back later, this person is so many milliseconds late: people do not come back all at once. */
  lateMs: number;
  /** Which of the two app processes is asked first. */
  app: "app-a" | "app-b";
  /**
   * What this person does once registered: type the code, ask for another mail, both (with another mail on its way, type
   * the code of the first), or wait for what comes.
   */
  act: "confirm" | "resend" | "resend_and_confirm" | null;
  /** How long after the answer. */
  actAfterMs: number;
};

/**
 * What is broken. `freeze` stops a process without ending it: it takes connections and stays silent. `term` is no
 * breaking: a process is asked to end, as a deploy does it, and started again.
 */
export type FaultKind =
  | "kill_app_a"
  | "kill_app_b"
  | "term_app_a"
  | "term_app_b"
  | "kill_engine"
  | "kill_postgres"
  | "freeze_engine"
  | "freeze_postgres";

export type Fault = {
  kind: FaultKind;
  /** Milliseconds after the start. */
  atMs: number;
  /** How long until it is started again, or goes on. */
  downMs: number;
};

export const FAULT_KINDS = [
  "kill_app_a",
  "kill_app_b",
  "term_app_a",
  "term_app_b",
  "kill_engine",
  "kill_postgres",
  "freeze_engine",
  "freeze_postgres",
] as const satisfies readonly FaultKind[];

/** The shares of trouble that the issue asks for, in percent of the tries. The rest is accepted. */
export const MAIL_FAULTS = [
  { kind: "refuse", percent: 30 },
  { kind: "hang", percent: 10 },
  { kind: "lost_reply", percent: 10 },
] as const;

type Planned = Pick<Options, "people" | "perSecond" | "seed">;

const LATE_MAX_MS = 4_000;
/** Of the people, so many percent. The rest does nothing more. */
const SHARES = [
  { act: "confirm", percent: 25 },
  { act: "resend", percent: 20 },
  { act: "resend_and_confirm", percent: 25 },
] as const;
const ACT_AFTER_MS = { min: 200, max: 6_000 };

/** People arrive one after another, with chance in the gaps, and alternate between the app processes. */
export function planPeople({ people, perSecond, seed }: Planned): Person[] {
  const draw = createDraw(seed);
  const gapMs = 1000 / perSecond;
  return Array.from({ length: people }, (_, index) => {
    const username = `chaos-${String(index + 1).padStart(4, "0")}`;
    return {
      username,
      email: `${username}@example.com`,
      password: "correct horse battery staple",
      atMs: Math.round((index + draw.fraction(`arrival ${index}`)) * gapMs),
      lateMs: draw.integer(`late ${index}`, 0, LATE_MAX_MS),
      app: index % 2 === 0 ? "app-a" : "app-b",
      act: drawAct(draw.integer(`act ${index}`, 1, 100)),
      actAfterMs: draw.integer(`act after ${index}`, ACT_AFTER_MS.min, ACT_AFTER_MS.max),
    };
  });
}

/** `percent`: from 1 to 100. */
function drawAct(percent: number): Person["act"] {
  let upTo = 0;
  for (const share of SHARES) {
    upTo += share.percent;
    if (percent <= upTo) return share.act;
  }
  return null;
}

const FIRST_FAULT_MS = 1_000;
/** Now and then a fault comes while something else is still down. */
const GAP_MS = { min: 1_500, max: 4_000 };
/** After the last registration: the mails' retries meet faults too. */
const AFTERWARDS_MS = 12_000;
/** Longer than the publish limit and the breaker's half-open time, so that both are seen. */
const FREEZE_MS = { min: 2_000, max: 6_000 };
const KILL_MS = { min: 100, max: 2_000 };

/** In rounds: each kind comes once in every round, in a drawn order, so that a short run meets all of them. */
export function planFaults({ people, perSecond, seed }: Planned): Fault[] {
  const draw = createDraw(seed);
  const endMs = (people / perSecond) * 1000 + AFTERWARDS_MS;
  const faults: Fault[] = [];
  let atMs = FIRST_FAULT_MS;
  for (let round = 0; atMs < endMs || round === 0; round++)
    for (const kind of draw.shuffle(`round ${round}`, FAULT_KINDS)) {
      if (round > 0 && atMs >= endMs) break;
      const { min, max } = kind.startsWith("freeze") ? FREEZE_MS : KILL_MS;
      faults.push({ kind, atMs, downMs: draw.integer(`down ${faults.length}`, min, max) });
      atMs += draw.integer(`gap ${faults.length}`, GAP_MS.min, GAP_MS.max);
    }
  return faults;
}
