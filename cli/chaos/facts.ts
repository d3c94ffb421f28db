// What a run of chaos has found out, before anybody judges it.
import type { Audit } from "@/db/audit";

/**
 * How a person's registration went. `answered`: 201. `taken`: an earlier try got no good answer, and a later one heard
 * that the name is taken, so that one came through. `cut`: the connection was lost in the middle, nobody can know.
 * `turned_away`: nobody took the request, or 503, as often as it was tried.
 */
export type RegistrationFact = {
  username: string;
  outcome: "answered" | "taken" | "cut" | "turned_away";
  /** As the answer named it; null without a 201. */
  deliveryId: string | null;
  /** Milliseconds until the 201; null without one. */
  answerMs: number | null;
  /** When the last try began, milliseconds after the start. */
  askedAtMs: number;
  tries: number;
};

/**
 * An answer that nobody should get: neither 201, nor 503 that says when to come back, nor 409 after a lost answer.
 * `status` is null when a process that was there did not answer at all.
 */
export type WrongAnswer = { username: string; status: number | null; text: string };

/** What somebody did after registering. `perhaps`: it was sent, and no answer came. */
export type ActFact = {
  username: string;
  kind: "confirm" | "resend";
  outcome: "done" | "perhaps";
  /** When its answer came, by this machine's clock. */
  atMs: number;
};

/** One mail in the inbox: the provider's own record, which no part of the product can touch. */
export type MailFact = {
  id: string;
  /** From the idempotency key or the Message-ID; null when it carries neither of ours. */
  deliveryId: string | null;
  to: string;
  /** When the provider had taken it, by this machine's clock. */
  receivedAtMs: number;
};

export type CodesFact = {
  /** `atMs` as in ActFact. */
  accepted: { username: string; atMs: number }[];
  refused: { username: string; detail: string }[];
};

/** Who was told that they are confirmed, and when they heard it. */
export function listConfirmed({ acts, codes }: Pick<Facts, "acts" | "codes">): CodesFact["accepted"] {
  return [...acts.filter(({ kind, outcome }) => kind === "confirm" && outcome === "done"), ...codes.accepted];
}

/** EMAIL_QUEUE_DELAY: nobody begins with a mail before that. */
const QUEUE_DELAY_MS = 2_000;

/** Of these, who had asked for another mail right before: it was still on its way, and had to be called off. */
export function listOvertaking(facts: Pick<Facts, "acts" | "codes">): CodesFact["accepted"] {
  return listConfirmed(facts).filter((confirmed) =>
    facts.acts.some(
      ({ kind, outcome, username, atMs }) =>
        kind === "resend" &&
        outcome === "done" &&
        username === confirmed.username &&
        atMs <= confirmed.atMs &&
        confirmed.atMs < atMs + QUEUE_DELAY_MS,
    ),
  );
}

export type Facts = Audit & {
  /** How long a worker has a delivery to itself, at least. */
  leaseMs: number;
  registrations: RegistrationFact[];
  wrongAnswers: WrongAnswer[];
  acts: ActFact[];
  /** Of people who typed the code of one of their last two mails, when all was over: who was confirmed, and who was not. */
  codes: CodesFact;
  mails: MailFact[];
  /** Processes that ended although nobody killed them. */
  ended: { part: string; how: string }[];
};
