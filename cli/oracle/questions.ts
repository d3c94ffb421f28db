// What is asked, in one mode after another. Each question is put about both addresses of a pair, one right after the
// other, in drawn order, so that whatever else happens on the machine happens to both kinds alike.
import { setTimeout as delay } from "node:timers/promises";
import type { Draw } from "../product/draw";
import { ask, type Call, textOf } from "./calls";
import type { Answer, Names } from "./compare";
import type { Pace, Paces } from "./pace";
import { newNetwork, newUsername, PASSWORD, type Pair, SIDES, type Side } from "./people";
import { spanOf } from "./spans";

export type Asked = {
  answers: Record<Side, Answer>;
  names: Record<Side, Names>;
  /** The answers that the question is about (nameOf); any other one tells nothing of an address. */
  expected: readonly string[];
};
/** By name of the question. */
export type Answers = Map<string, Asked[]>;

export type Asking = {
  urls: readonly string[];
  pairs: readonly Pair[];
  draw: Draw;
  /** The run's own. */
  paces: Paces;
  lanes: number;
  isShort: boolean;
  /** Mails are seen to be delivered: the provider tells, and nothing is in trouble. */
  tellsDelivered: boolean;
  signal: AbortSignal;
};

/** What became of an address's first mail, and of a later one: their times are judged beside the answers (spans.ts). */
export const ARRIVALS = ["waiting for the mail", "waiting for another mail"] as const;

/** As resend-policy.ts has it, and a moment. */
const RESEND_COOLDOWN_MS = 61_000;

/** One claim on one address. */
type Claim = { email: string; username: string; token: string; network: string; madeAtMs: number };
type Claims = Record<Side, Claim>;

/** Puts every question to every pair, in one mode, and returns the answers. */
export async function askEverything(mode: string, asking: Asking): Promise<Answers> {
  const { isShort, paces, tellsDelivered, signal } = asking;
  const answers: Answers = new Map();
  const claims = new Map<Pair, Claims>();
  /** `expected`: the one answer that the question is about. */
  const put = async (
    question: string,
    expected: string,
    pace: Pace | null,
    of: (pair: Pair, side: Side) => Question,
  ) => {
    const asked: Asked[] = [];
    await inLanes(asking, `${mode} ${question}`, async (pair) => {
      const askPair = () => askBoth(asking, `${mode} ${question}`, pair, (side) => of(pair, side));
      const both = await (pace ? pace(SIDES.length, askPair) : askPair());
      asked.push({ ...both, expected: [expected] });
    });
    answers.set(question, asked);
  };
  const claimOf = (pair: Pair, side: Side): Claim => {
    const claim = claims.get(pair)?.[side];
    if (!claim) throw new Error("A question about a claim that was never made.");
    return claim;
  };
  const aboutClaim = (pair: Pair, side: Side, call: Omit<Call, "from" | "token">): Question => {
    const { email, username, token, network, madeAtMs } = claimOf(pair, side);
    return { call: { ...call, token, from: network, sinceMs: madeAtMs }, names: { email, username } };
  };

  await put("registering", "201", paces.registrations, (pair, side) => {
    const [email, username, network] = [pair.email[side], newUsername(), newNetwork()];
    return {
      call: { path: "register", body: { username, email, password: PASSWORD }, from: network },
      names: { email, username },
      onAnswer(answer) {
        const claim = {
          email,
          username,
          token: textOf(answer, "access_token"),
          network,
          madeAtMs: answer.atMs,
        };
        const both = claims.get(pair) ?? { known: claim, unknown: claim };
        claims.set(pair, { ...both, [side]: claim });
      },
    };
  });
  const registeredAtMs = Date.now();
  await put("confirming with a wrong code", "422 wrong_code", null, (pair, side) =>
    aboutClaim(pair, side, { path: "confirm-email", body: { code: "000000" } }),
  );
  await put("signing in with a wrong password", "401 bad_credentials", null, (pair, side) => ({
    call: {
      path: "token",
      body: { login: pair.email[side], password: "not the right one" },
      from: newNetwork(),
    },
    names: { email: pair.email[side] },
  }));
  await put("signing in to the claim", "200", null, (pair, side) => {
    const { email, username } = claimOf(pair, side);
    return {
      call: { path: "token", body: { login: username, password: PASSWORD }, from: newNetwork() },
      names: { email, username },
    };
  });
  const lookUntilDelivered = (pair: Pair, side: Side): Question => ({
    ...aboutClaim(pair, side, { path: "confirmation", method: "GET" }),
    isDelivery: true,
  });
  if (tellsDelivered) await put(ARRIVALS[0], "200", null, lookUntilDelivered);
  if (!isShort) {
    await delay(Math.max(0, registeredAtMs + RESEND_COOLDOWN_MS - Date.now()), undefined, { signal });
  }
  const [resending, resent] = isShort ? ["resending too early", "429 resend_cooldown"] : ["resending", "202"];
  await put(resending, resent, paces.furtherMails, (pair, side) =>
    aboutClaim(pair, side, { path: "resend-confirmation" }),
  );
  await put("changing the address away", "202", paces.furtherMails, (pair, side) =>
    withNewAddress(aboutClaim(pair, side, { path: "change-email" }), `${side[0]}away${pair.index}`),
  );
  await put("changing the address", "202", paces.furtherMails, (pair, side) =>
    aboutClaim(pair, side, { path: "change-email", body: { email: pair.email[side] } }),
  );
  await put("looking at the state", "200", null, (pair, side) =>
    aboutClaim(pair, side, { path: "confirmation", method: "GET" }),
  );
  if (tellsDelivered) await put(ARRIVALS[1], "200", null, lookUntilDelivered);
  return answers;
  function withNewAddress(question: Question, local: string): Question {
    const email = `${mode}@${local}.example.com`;
    return {
      ...question,
      call: { ...question.call, body: { email } },
      names: { ...question.names, email },
    };
  }
}

type Question = {
  call: Call;
  names: Names;
  onAnswer?: (answer: Answer) => void;
  /** Asked again until the mail is delivered; its time is then the mail's. */
  isDelivery?: boolean;
};

const DELIVERED_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 100;

async function askUntilDelivered(url: string, call: Call): Promise<Answer> {
  for (const deadlineMs = Date.now() + DELIVERED_WITHIN_MS; ; await delay(LOOK_AGAIN_MS)) {
    const answer = await ask(url, call);
    const ms = spanOf(answer);
    if (ms !== null) return { ...answer, ms };
    if (Date.now() > deadlineMs) return answer;
  }
}

async function askBoth(
  { urls, draw }: Asking,
  what: string,
  pair: Pair,
  question: (side: Side) => Question,
): Promise<Omit<Asked, "expected">> {
  // One process for both: two are never equally busy.
  const url = urls[pair.index % urls.length] ?? "";
  const asked = new Map<Side, { answer: Answer; names: Names }>();
  for (const side of draw.shuffle(`${what} ${pair.index}`, SIDES)) {
    const { call, names, onAnswer, isDelivery } = question(side);
    const answer = await (isDelivery ? askUntilDelivered(url, call) : ask(url, call));
    onAnswer?.(answer);
    asked.set(side, { answer, names });
  }
  const [known, unknown] = [asked.get("known"), asked.get("unknown")];
  if (!known || !unknown) throw new Error("One side was not asked.");
  return {
    answers: { known: known.answer, unknown: unknown.answer },
    names: { known: known.names, unknown: unknown.names },
  };
}

/** All pairs in drawn order, so many at a time. */
export async function inLanes(
  { pairs, draw, lanes, signal }: Pick<Asking, "pairs" | "draw" | "lanes" | "signal">,
  what: string,
  work: (pair: Pair) => Promise<void>,
): Promise<void> {
  const waiting = draw.shuffle(what, pairs);
  const walk = async () => {
    for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
      signal.throwIfAborted();
      await work(pair);
    }
  };
  await Promise.all(Array.from({ length: lanes }, walk));
}
