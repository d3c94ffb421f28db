// What needs no hash: the state of the mail, a resend that is refused, a code that is refused.
import type { Figure } from "./figures";
import { type Answer, askAll } from "./load";
import type { Bench, Registered } from "./registration";

const AT_ONCE = 32;
const CALLS = 2_000;

type Question = { name: string; path: string; method: string; body?: object; expected: readonly number[] };

const QUESTIONS: Question[] = [
  { name: "status", path: "confirmation", method: "GET", expected: [200] },
  { name: "resend, refused", path: "resend-confirmation", method: "POST", expected: [429] },
  {
    name: "code, refused",
    path: "confirm-email",
    method: "POST",
    body: { code: "000000" },
    // Wrong five times, then no longer looked at; one in a million is right.
    expected: [422, 429],
  },
];

/** So many people take turns. */
const ASKERS = 100;

/** Requests a second over both processes, each person in turn. Throws when an answer is another than the one meant. */
export async function measureRefusals(bench: Bench, everybody: readonly Registered[]): Promise<Figure[]> {
  const { product, asker, say, signal } = bench;
  const urls = Object.values(product.apps).map((app) => app.url);
  const people = everybody.slice(0, ASKERS);
  const figures: Figure[] = [];
  for (const { name, path, method, body, expected } of QUESTIONS) {
    say(`${CALLS} times: ${name} …`);
    // From here on each of them has to wait at least 60 s for another one (domain/resend-policy.ts).
    for (const { token } of people)
      await asker.ask(`${urls[0]}/api/v1/usr/resend-confirmation`, { method: "POST", token });
    const ask = (index: number): Promise<Answer> => {
      const token = people[index % people.length]?.token ?? "";
      const url = `${urls[index % urls.length]}/api/v1/usr/${path}`;
      return asker.ask(url, { method, token, ...(body ? { body } : {}) });
    };
    await askAll(200, AT_ONCE, async (index) => void (await ask(index)), signal);
    const seconds = await askAll(
      CALLS,
      AT_ONCE,
      async (index) => {
        const { status, body: text } = await ask(index);
        if (!expected.includes(status)) throw new Error(`${name}: ${status} ${text.slice(0, 200)}`);
      },
      signal,
    );
    figures.push({ name, value: CALLS / seconds, unit: "/s", bar: { atLeast: 1500 } });
  }
  return figures;
}
