// What people do after they have registered: type the code of their mail, ask for another one, or do both. And what they
// find when everything is over: that the codes of their last two mails work.
import { setTimeout as delay } from "node:timers/promises";
import { agePersonsMails } from "@/db/audit";
import type { DatabaseClient } from "@/db/client";
import { APPS, type AppName } from "../product/product";
import type { ActFact, CodesFact, MailFact, WrongAnswer } from "./facts";
import { readCode, waitForMail } from "./inbox";
import type { Person } from "./plan";
import { call } from "./register";

/** Somebody who got a 201. */
export type Registered = { person: Person; token: string };

export type Acting = {
  acts: ActFact[];
  wrongAnswers: WrongAnswer[];
};

type Surroundings = {
  urls: Record<AppName, string>;
  mailUrl: string;
  database: DatabaseClient;
  signal: AbortSignal;
};

/** Longer than the cooldown after a claim's first and second mail (domain/resend-policy.ts). */
const COOLDOWN_SECONDS = 121;
const MAIL_PATIENCE_MS = 20_000;
const TRIES_MAX = 10;
const PAUSE_MS = 1_000;

/** Does what the plan says of this person. Never rejects. */
export async function act(
  { person, token }: Registered,
  around: Surroundings,
  result: Acting,
): Promise<void> {
  if (person.act === null || around.signal.aborted) return;
  await delay(person.actAfterMs, undefined, { signal: around.signal }).catch(() => {});
  const isConfirming = person.act !== "resend";
  const mail = isConfirming
    ? await waitForMail(around.mailUrl, person.email, MAIL_PATIENCE_MS).catch(() => null)
    : null;
  // Whose mail is late has nothing to type yet.
  if (isConfirming && !mail) return;
  if (person.act !== "confirm" && !(await askAgain({ person, token }, around, result))) return;
  if (mail) await confirm({ person, token }, readCode(mail), around, result);
}

/** Asks for another mail as if the cooldown were over; false when that could not be arranged. */
async function askAgain(registered: Registered, around: Surroundings, result: Acting): Promise<boolean> {
  const { database } = around;
  const isOver = await agePersonsMails(database.db, registered.person.username, COOLDOWN_SECONDS).then(
    () => true,
    () => false, // the database is down just now
  );
  if (isOver) await resend(registered, around, result);
  return isOver;
}

async function confirm(
  { person, token }: Registered,
  code: string,
  around: Surroundings,
  result: Acting,
): Promise<void> {
  let mayBeDone = false;
  const { username } = person;
  for (const url of urlsOf(person, around)) {
    const answer = await call(`${url}/api/v1/usr/confirm-email`, { code }, around.signal, token);
    // 409 and 401: an earlier try, whose answer was lost, has confirmed the address and ended the claim's session.
    const isDone =
      answer.kind === "answer" &&
      (answer.status === 200 || (mayBeDone && (answer.status === 409 || answer.status === 401)));
    if (isDone) {
      result.acts.push({ username, kind: "confirm", outcome: "done", atMs: Date.now() });
      return;
    }
    if (answer.kind === "answer" && answer.status !== 503) {
      result.wrongAnswers.push({ username, status: answer.status, text: `to a good code: ${answer.body}` });
      return;
    }
    mayBeDone ||= answer.kind !== "refused";
    await delay(PAUSE_MS, undefined, { signal: around.signal }).catch(() => {});
    if (around.signal.aborted) break;
  }
  if (mayBeDone) result.acts.push({ username, kind: "confirm", outcome: "perhaps", atMs: Date.now() });
}

async function resend({ person, token }: Registered, around: Surroundings, result: Acting): Promise<void> {
  const { username } = person;
  let mayBeDone = false;
  for (const url of urlsOf(person, around)) {
    const answer = await call(`${url}/api/v1/usr/resend-confirmation`, {}, around.signal, token);
    const isDone =
      answer.kind === "answer" && (answer.status === 202 || (mayBeDone && answer.status === 429));
    if (isDone) {
      result.acts.push({ username, kind: "resend", outcome: "done", atMs: Date.now() });
      return;
    }
    if (answer.kind === "answer" && answer.status !== 503) {
      result.wrongAnswers.push({ username, status: answer.status, text: `to a resend: ${answer.body}` });
      return;
    }
    mayBeDone ||= answer.kind !== "refused";
    await delay(PAUSE_MS, undefined, { signal: around.signal }).catch(() => {});
    if (around.signal.aborted) break;
  }
  if (mayBeDone) result.acts.push({ username, kind: "resend", outcome: "perhaps", atMs: Date.now() });
}

/** The person's own process first, then the other one, and so on. */
function urlsOf(person: Person, { urls }: Surroundings): string[] {
  const first = APPS.indexOf(person.app);
  return Array.from({ length: TRIES_MAX }, (_, index) => {
    const app = APPS[(first + index) % APPS.length] ?? person.app;
    return urls[app];
  });
}

/**
 * Nothing is broken any more: everybody who asked for another mail and has not confirmed types a code, two of them that
 * of the older, the next two that of the newer, and who has only one mail types the code of that. Every other one asks
 * for one more right before, which is then on its way.
 */
export async function tryLastCodes(
  registered: readonly Registered[],
  acting: Acting,
  mails: readonly MailFact[],
  around: Surroundings,
): Promise<CodesFact> {
  const namesOf = (kind: ActFact["kind"]) =>
    new Set(acting.acts.filter((act) => act.kind === kind).map(({ username }) => username));
  const [resent, confirmed] = [namesOf("resend"), namesOf("confirm")];
  const result: CodesFact = { accepted: [], refused: [] };
  for (const { person, token } of registered) {
    const { username } = person;
    if (!resent.has(username) || confirmed.has(username) || around.signal.aborted) continue;
    // Over SMTP one delivery may have come twice; the codes are the deliveries'.
    const theirs = new Map(
      mails.filter((mail) => mail.to === person.email).map((mail) => [mail.deliveryId, mail]),
    );
    const [older, newer = older] = [...theirs.values()].sort((a, b) => a.receivedAtMs - b.receivedAtMs);
    if (!older || !newer) continue;
    const tried = result.accepted.length + result.refused.length;
    const which = tried % 4 < 2 ? older : newer;
    const mail = await fetch(`${around.mailUrl}/_/mails/${which.id}`).then((answer) => answer.json());
    const code = readCode(mail as { text: string });
    if (tried % 2 === 1) await askAgain({ person, token }, around, acting);
    const url = around.urls[person.app];
    const answer = await call(`${url}/api/v1/usr/confirm-email`, { code }, around.signal, token);
    if (answer.kind === "answer" && answer.status === 200) {
      result.accepted.push({ username, atMs: Date.now() });
      continue;
    }
    const said = answer.kind === "answer" ? `${answer.status} ${answer.body}` : answer.kind;
    result.refused.push({
      username,
      detail: `typed the code of the ${which === older ? "older" : "newer"} of ${theirs.size} mails: ${said}`,
    });
  }
  return result;
}
