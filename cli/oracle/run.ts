// One run: start the product, make owners, ask everything in each mode, judge.
import { createDraw } from "../product/draw";
import { APPS, type Product, withProduct } from "../product/product";
import { ask, textOf } from "./calls";
import { askUntilRefused } from "./limits";
import type { Options } from "./options";
import { makePairs, newNetwork, newUsername, PASSWORD } from "./people";
import { type Asking, askEverything, inLanes, paceOf } from "./questions";
import { judgeMode, type QuestionResult, type Result, summarize } from "./report";

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
  const setup = { root, name: "oracle", transport: "resend" as const, settings: SETTINGS };
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
  const asking: Asking = { urls, pairs, draw, lanes: options.lanes, isShort: options.isShort, signal };
  say(`${options.pairs} addresses get an owner; seed ${options.seed}`);
  const pace = paceOf(90);
  await inLanes({ ...asking, pairs: [forLimits, ...pairs] }, "owners", async (pair) => {
    await pace();
    await makeOwner(product, urls[0] ?? "", pair.email.known);
  });

  const questions: QuestionResult[] = [];
  const askIn = async (mode: string, words: string) => {
    say(`asking ${words} …`);
    questions.push(...judgeMode(mode, await askEverything(mode, asking), options.boundMs));
  };
  await askIn("async", "while everything works");
  say("trying the limits …");
  const limits = await askUntilRefused(urls[0] ?? "", forLimits);
  await product.engine.part.stop();
  await askIn("fallback", "while the engine is away");
  await letProviderHang(product.mail.url);
  await askIn("hung", "while the engine is away and the provider hangs");
  return summarize(options, { questions, limits, tookMs: Date.now() - startedAtMs });
}

/** Registers with an address, and confirms it with the code from its mail. */
async function makeOwner({ mail }: Product, url: string, email: string): Promise<void> {
  const from = newNetwork();
  const body = { username: newUsername(), email, password: PASSWORD };
  const token = textOf(await ask(url, { path: "register", body, from }), "access_token");
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

async function letProviderHang(mailUrl: string): Promise<void> {
  const response = await fetch(`${mailUrl}/_/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ faults: [{ kind: "hang" }] }),
  });
  if (!response.ok)
    throw new Error(`The provider does not hang: ${response.status} ${await response.text()}`);
}
