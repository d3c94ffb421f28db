// Where limits begin, and what they say, about an address that has an owner and one that has none: the same things done
// to both until they are refused, answer against answer.
import { ask, textOf } from "./calls";
import type { Answer } from "./compare";
import type { Paces } from "./pace";
import { newNetwork, newUsername, PASSWORD, type Pair, SIDES, type Side } from "./people";
import type { Answers, Asked } from "./questions";

/** As limits.ts, confirmation-code.ts and address-change.ts have them, and one more: that one is refused. */
const REGISTRATIONS_OF_NETWORK = 4;
const REGISTRATIONS_FROM_EVERYWHERE = 7;
const CODES = 6;
const SIGN_INS = 6;

/** Refusals that were expected and did not come; the comparison would otherwise pass without having seen a limit. */
export type LimitAnswers = { answers: Answers; missing: string[] };

/** `url`: one process. `fresh`: a pair that nothing was asked about before. */
export async function askUntilRefused(url: string, fresh: Pair, paces: Paces): Promise<LimitAnswers> {
  const answers: Answers = new Map();
  const missing: string[] = [];
  const networks = { known: newNetwork(), unknown: newNetwork() };
  const tokens: Record<Side, string> = { known: "", unknown: "" };

  /** From when on the waits of each side are counted; set by the first and by the last thing that was taken. */
  const firstMs: Partial<Record<Side, number>> = {};
  const lastMs: Partial<Record<Side, number>> = {};

  /** `expected`: taken, and refused by the limit that the question is about. */
  const repeat = async (
    name: string,
    times: number,
    expected: readonly string[],
    call: (side: Side) => Promise<Step>,
  ) => {
    const asked: Asked[] = [];
    for (let time = 0; time < times; time++) {
      const [known, unknown] = [await call(SIDES[0]), await call(SIDES[1])];
      asked.push({
        answers: { known: known.answer, unknown: unknown.answer },
        names: { known: known.names, unknown: unknown.names },
        expected,
      });
    }
    answers.set(name, asked);
    const last = asked.at(-1)?.answers;
    for (const side of SIDES)
      if (last?.[side].status !== 429) missing.push(`${name}: ${side} was not refused`);
  };
  const register = async (side: Side, from: string): Promise<Step> => {
    const [email, username] = [fresh.email[side], newUsername()];
    const body = { username, email, password: PASSWORD };
    const call = { path: "register", body, from, sinceMs: firstMs[side] ?? null };
    const answer = await paces.registrations(1, () => ask(url, call));
    if (answer.status === 201) {
      tokens[side] = textOf(answer, "access_token");
      firstMs[side] ??= answer.atMs;
      lastMs[side] = answer.atMs;
    }
    return { answer, names: { email, username } };
  };
  const signIn = async (side: Side): Promise<Step> => {
    const body = { login: fresh.email[side], password: "not the right one" };
    const sinceMs = firstMs[side] ?? null;
    const answer = await ask(url, { path: "token", body, from: networks[side], sinceMs });
    firstMs[side] ??= answer.atMs;
    return { answer, names: {} };
  };
  const aboutClaim = async (side: Side, path: string, body?: object): Promise<Step> => {
    const token = tokens[side];
    const sinceMs = lastMs[side] ?? null;
    const answer = await ask(url, { path, ...(body ? { body } : {}), token, from: networks[side], sinceMs });
    return { answer, names: { email: fresh.email[side] } };
  };

  const registered = ["201", "429 address_limit"];
  await repeat("registering from one network", REGISTRATIONS_OF_NETWORK, registered, (side) =>
    register(side, networks[side]),
  );
  await repeat("registering from many networks", REGISTRATIONS_FROM_EVERYWHERE, registered, (side) =>
    register(side, newNetwork()),
  );
  await repeat("trying codes", CODES, ["422 wrong_code", "429 too_many_tries"], (side) =>
    aboutClaim(side, "confirm-email", { code: "000000" }),
  );
  await repeat("resending", 1, ["429 resend_cooldown"], (side) =>
    paces.furtherMails(1, () => aboutClaim(side, "resend-confirmation")),
  );
  for (const side of SIDES) delete firstMs[side];
  await repeat("signing in", SIGN_INS, ["401 bad_credentials", "429 sign_in_limit"], signIn);
  return { answers, missing };
}

type Step = { answer: Answer; names: Record<string, string> };
