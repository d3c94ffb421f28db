// One run: start the product, make owners, ask everything in each mode, judge.
import { createDraw } from "../product/draw";
import { APPS, type Product, withProduct } from "../product/product";
import { ask, textOf } from "./calls";
import { askUntilRefused } from "./limits";
import type { Options } from "./options";
import { createPaces, type Pace } from "./pace";
import { makePairs, newNetwork, newUsername, PASSWORD } from "./people";
import { type Answers, type Asking, askEverything, inLanes } from "./questions";
import { judgeMode, type QuestionResult, type Result, repeatsIn, summarize } from "./report";

/** The limits are on, and the one who asks is the proxy that says who a client is. */
const SETTINGS = {
  RATE_LIMITS: "on",
  TRUSTED_PROXY_HOPS: "1",
  EMAIL_QUEUE_DELAY: "0",
  EMAIL_SYNC_BUDGET: "0.3",
};

/** Runs the check once. Leaves no process and no folder behind; null when `signal` ended it. */
export async function checkForOracle(
  root: string,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result | null> {
  const setup = { root, name: "oracle", transport: options.transport, settings: SETTINGS };
  try {
    return await withProduct(setup, say, ({ product }) => askProduct(product, options, say, signal));
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function askProduct(
  product: Product,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result> {
  const startedAtMs = Date.now();
  const draw = createDraw(options.seed);
  // One more for the limits, which are used up on it.
  const [forLimits, ...pairs] = makePairs(options.pairs + 1);
  if (!forLimits) throw new Error("There are no pairs.");
  const urls = APPS.map((name) => product.apps[name].url);
  const asking: Asking = {
    urls,
    pairs,
    draw,
    paces: createPaces(),
    lanes: options.lanes,
    isShort: options.isShort,
    tellsDelivered: false,
    signal,
  };
  say(`${options.pairs} addresses get an owner; seed ${options.seed}`);
  const { registrations } = asking.paces;
  await inLanes({ ...asking, pairs: [forLimits, ...pairs] }, "owners", (pair) =>
    makeOwner(product, urls[0] ?? "", { email: pair.email.known, pace: registrations }),
  );

  const questions: QuestionResult[] = [];
  const askIn = async (mode: string, words: string, tellsDelivered = false): Promise<Answers> => {
    say(`asking ${words} …`);
    const answers = await askEverything(mode, { ...asking, tellsDelivered });
    questions.push(...judgeMode(mode, answers, options.boundMs));
    return answers;
  };
  // Over SMTP nobody tells.
  const calm = await askIn("async", "while everything works", options.transport === "resend");
  const repeats = repeatsIn(calm);
  say("trying the limits …");
  const limits = await askUntilRefused(urls[0] ?? "", forLimits, asking.paces);
  await product.engine.part.stop();
  if (options.transport === "smtp") await dial(product.mail.url, { kind: "slow", delay_ms: SLOW_MS });
  await askIn("fallback", "while the engine is away");
  await dial(product.mail.url, { kind: "hang" });
  await askIn("hung", "while the engine is away and the provider hangs");
  return summarize(options, { questions, limits, repeats, tookMs: Date.now() - startedAtMs });
}

/** Registers with an address, and confirms it with the code from its mail. */
async function makeOwner(
  { mail }: Product,
  url: string,
  { email, pace }: { email: string; pace: Pace },
): Promise<void> {
  const from = newNetwork();
  const body = { username: newUsername(), email, password: PASSWORD };
  const token = textOf(await pace(1, () => ask(url, { path: "register", body, from })), "access_token");
  const query = new URLSearchParams({ to: email, timeout_ms: "20000" });
  const waited = await fetch(`${mail.url}/_/mails/wait?${query}`);
  if (!waited.ok) throw new Error(`No mail came for an owner: ${waited.status}`);
  const { id } = (await waited.json()) as { id: string };
  const { subject } = (await (await fetch(`${mail.url}/_/mails/${id}`)).json()) as { subject: string };
  const code = /^\d{6}/.exec(subject)?.[0] ?? "";
  const confirmed = await ask(url, { path: "confirm-email", body: { code }, token, from });
  if (confirmed.status !== 200)
    throw new Error(`An owner could not confirm: ${JSON.stringify(confirmed.body)}`);
}

/** What an SMTP server may take for a mail, on top of the conversation; well within EMAIL_SYNC_BUDGET. */
const SLOW_MS = 100;

/** From now on the provider does that to every mail. */
async function dial(mailUrl: string, fault: { kind: "hang" | "slow"; delay_ms?: number }): Promise<void> {
  const response = await fetch(`${mailUrl}/_/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ faults: [fault] }),
  });
  if (!response.ok)
    throw new Error(
      `The provider cannot be made to ${fault.kind}: ${response.status} ${await response.text()}`,
    );
}
