// People register: one after another on schedule, each with the patience of a person.
import http from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { APPS, type AppName } from "../product/product";
import type { RegistrationFact, WrongAnswer } from "./facts";
import type { Person } from "./plan";

/** Longer than the answer may ever take, whatever is down. */
const ANSWER_TIMEOUT_MS = 60_000;
/** A process that is being started again takes connections after some seconds. */
const TRIES_MAX = 10;
const REFUSED_PAUSE_MS = 1_000;
/** What the 503 asks for is honoured, up to here. */
const RETRY_AFTER_MAX_SECONDS = 10;

/** So many people wait for an answer at a time: more than that is a test of the machine's size. */
const WAITING_MAX = 40;

export type Registering = {
  registrations: RegistrationFact[];
  wrongAnswers: WrongAnswer[];
  /** Answers 503, each with a time to come back at. */
  unavailable: number;
  /** Who got a 201, with the claim's token. */
  registered: { person: Person; token: string }[];
};

/** Settles once everybody has an answer, or none will come. Never rejects. */
export async function registerEverybody(
  people: readonly Person[],
  urls: Record<AppName, string>,
  startedAt: number,
  signal: AbortSignal,
  onRegistered: (registered: { person: Person; token: string }) => void = () => {},
): Promise<Registering> {
  const result: Registering = { registrations: [], wrongAnswers: [], unavailable: 0, registered: [] };
  const door = [...people];
  async function letIn(): Promise<void> {
    for (let person = door.shift(); person && !signal.aborted; person = door.shift()) {
      const waitMs = Math.max(0, startedAt + person.atMs - Date.now());
      await delay(waitMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted)
        result.registrations.push(
          await registerOne(person, urls, startedAt, result, signal, (token) => {
            const one = { person, token };
            result.registered.push(one);
            onRegistered(one);
          }),
        );
    }
  }
  await Promise.all(Array.from({ length: WAITING_MAX }, letIn));
  return result;
}

async function registerOne(
  person: Person,
  urls: Record<AppName, string>,
  startedAt: number,
  result: Registering,
  signal: AbortSignal,
  onToken: (token: string) => void,
): Promise<RegistrationFact> {
  const first = APPS.indexOf(person.app);
  const fact: RegistrationFact = {
    username: person.username,
    outcome: "turned_away",
    deliveryId: null,
    answerMs: null,
    askedAtMs: person.atMs,
    tries: 0,
  };
  const wait = (ms: number) => delay(ms, undefined, { signal }).catch(() => {});
  while (fact.tries < TRIES_MAX && !signal.aborted) {
    const app = APPS[(first + fact.tries) % APPS.length] ?? person.app;
    fact.tries++;
    fact.askedAtMs = Date.now() - startedAt;
    const { username, email, password } = person;
    const answer = await call(`${urls[app]}/api/v1/usr/register`, { username, email, password }, signal);
    if (answer.kind === "cut") return { ...fact, outcome: "cut" };
    if (answer.kind === "silent") {
      result.wrongAnswers.push({
        username: person.username,
        status: null,
        text: `nothing for ${answer.ms} ms`,
      });
      return { ...fact, outcome: "cut" };
    }
    if (answer.kind === "refused") {
      await wait(REFUSED_PAUSE_MS);
      continue;
    }
    const { status, body, retryAfter } = answer;
    if (status === 201) {
      const { deliveryId, token } = readRegistered(body);
      if (token) onToken(token);
      if (deliveryId) return { ...fact, outcome: "answered", deliveryId, answerMs: answer.ms };
    }
    // An earlier try of this very person was committed, although it was answered 503.
    if (status === 409 && fact.tries > 1) return { ...fact, outcome: "taken" };
    if (status !== 503 || retryAfter === null) {
      result.wrongAnswers.push({ username: person.username, status, text: body.slice(0, 300) });
      return fact;
    }
    result.unavailable++;
    await wait(Math.min(retryAfter, RETRY_AFTER_MAX_SECONDS) * 1000 + person.lateMs);
  }
  return fact;
}

export type Answer =
  | { kind: "answer"; status: number; body: string; retryAfter: number | null; ms: number }
  /** Nobody took the connection: nothing was sent. */
  | { kind: "refused" }
  /** It was sent, and the connection was lost before an answer came. */
  | { kind: "cut" }
  /** It was sent, and nothing came. */
  | { kind: "silent"; ms: number };

/** On a connection of its own, as different people have: what a lost one means is then clear. */
export function call(
  url: string,
  body: object,
  signal: AbortSignal,
  token: string | null = null,
): Promise<Answer> {
  const text = JSON.stringify(body);
  const started = performance.now();
  return new Promise((resolve) => {
    const request = http.request(
      url,
      {
        method: "POST",
        agent: false,
        signal,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", () => resolve({ kind: "cut" }));
        response.on("end", () => {
          const seconds = Number(response.headers["retry-after"]);
          resolve({
            kind: "answer",
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString("utf8"),
            retryAfter: Number.isInteger(seconds) && seconds > 0 ? seconds : null,
            ms: performance.now() - started,
          });
        });
      },
    );
    const timer = setTimeout(() => {
      resolve({ kind: "silent", ms: ANSWER_TIMEOUT_MS });
      request.destroy();
    }, ANSWER_TIMEOUT_MS);
    request.on("close", () => clearTimeout(timer));
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ kind: error.code === "ECONNREFUSED" ? "refused" : "cut" }),
    );
    request.end(text);
  });
}

function readRegistered(body: string): { deliveryId: string | null; token: string | null } {
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  try {
    const { delivery, access_token } = JSON.parse(body) as {
      delivery?: { id?: unknown };
      access_token?: unknown;
    };
    return { deliveryId: text(delivery?.id), token: text(access_token) };
  } catch {
    return { deliveryId: null, token: null };
  }
}
