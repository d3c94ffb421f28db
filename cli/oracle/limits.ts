// Where limits begin, and what they say, about an address that has an owner and one that has none: the same things done
// to both until they are refused, answer against answer.
import { ask, textOf } from "./calls";
import type { Answer } from "./compare";
import { newNetwork, newUsername, PASSWORD, type Pair, SIDES, type Side } from "./people";
import type { Answers, Asked } from "./questions";

/** As limits.ts, confirmation-code.ts and address-change.ts have them, and one more: that one is refused. */
const REGISTRATIONS_OF_NETWORK = 4;
const REGISTRATIONS_FROM_EVERYWHERE = 4;
const CODES = 6;
const SIGN_INS = 11;

/** Refusals that were expected and did not come; the comparison would otherwise pass without having seen a limit. */
export type LimitAnswers = { answers: Answers; missing: string[] };

/** `url`: one process. `fresh`: a pair that nothing was asked about before. */
export async function askUntilRefused(url: string, fresh: Pair): Promise<LimitAnswers> {
  const answers: Answers = new Map();
  const missing: string[] = [];
  const networks = { known: newNetwork(), unknown: newNetwork() };
  const tokens: Record<Side, string> = { known: "", unknown: "" };

  const repeat = async (name: string, times: number, call: (side: Side) => Promise<Step>) => {
    const asked: Asked[] = [];
    for (let time = 0; time < times; time++) {
      const [known, unknown] = [await call(SIDES[0]), await call(SIDES[1])];
      asked.push({
        answers: { known: known.answer, unknown: unknown.answer },
        names: { known: known.names, unknown: unknown.names },
      });
    }
    answers.set(name, asked);
    const last = asked.at(-1)?.answers;
    for (const side of SIDES)
      if (last?.[side].status !== 429) missing.push(`${name}: ${side} was not refused`);
  };
  const register = async (side: Side, from: string): Promise<Step> => {
    const [email, username] = [fresh.email[side], newUsername()];
    const answer = await ask(url, { path: "register", body: { username, email, password: PASSWORD }, from });
    if (answer.status === 201) tokens[side] = textOf(answer, "access_token");
    return { answer, names: { email, username } };
  };

  await repeat("registering from one network", REGISTRATIONS_OF_NETWORK, (side) =>
    register(side, networks[side]),
  );
  await repeat("registering from many networks", REGISTRATIONS_FROM_EVERYWHERE, (side) =>
    register(side, newNetwork()),
  );
  await repeat("trying codes", CODES, async (side) => ({
    answer: await ask(url, {
      path: "confirm-email",
      body: { code: "000000" },
      token: tokens[side],
      from: networks[side],
    }),
    names: {},
  }));
  await repeat("signing in", SIGN_INS, async (side) => ({
    answer: await ask(url, {
      path: "token",
      body: { login: fresh.email[side], password: "not the right one" },
      from: networks[side],
    }),
    names: {},
  }));
  await repeat("resending", 1, async (side) => ({
    answer: await ask(url, { path: "resend-confirmation", token: tokens[side], from: networks[side] }),
    names: { email: fresh.email[side] },
  }));
  return { answers, missing };
}

type Step = { answer: Answer; names: Record<string, string> };
