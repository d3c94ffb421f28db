// A burst of registrations against a provider that takes so many mails a second and answers 429 to the rest.
import { setTimeout as delay } from "node:timers/promises";
import { listSendTimes } from "@/db/audit";
import { openDatabase } from "@/db/client";
import { percentile } from "../chaos/report";
import { type Product, type Run, withProduct } from "../product/product";
import { measureDrain } from "./drain";
import type { BurstOptions } from "./options";

export type BurstResult = {
  /** No mail spent a second try, and the pace was kept. */
  ok: boolean;
  answers: Record<string, number>;
  /** Of the 201s, milliseconds. */
  answersMs: { p50: number; p99: number; max: number };
  registeredPerSecond: number;
  mails: number;
  attempts: number;
  /** Attempts that used up a try; a 429 does not. */
  tries: number;
  refused429: number;
  /** While mails waited; null when the machine registered people no faster than mails may leave. */
  drainedPerSecond: number | null;
  /** Of what was allowed. */
  ratio: number | null;
};

const POLL_MS = 1_000;
const PATIENCE = 3;

/** Runs it once, with processes and a folder of its own, which are gone afterwards. */
export async function runBurst(
  root: string,
  options: BurstOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BurstResult | null> {
  const settings = { EMAIL_RATE_LIMIT: String(options.perSecond), EMAIL_TIMEOUT: "10" };
  const setup = { root, name: "bench", transport: "resend" as const, settings };
  return withProduct(setup, say, async ({ product, onEnd, keepLogs }) => {
    const result = await measureBurst(product, onEnd, options, say, signal);
    if (result && !result.ok) keepLogs();
    return result;
  });
}

async function measureBurst(
  product: Product,
  onEnd: Run["onEnd"],
  options: BurstOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BurstResult | null> {
  const { db, close } = openDatabase(product.postgres.url, 1);
  onEnd(close);
  await setProviderLimit(product.mail.url, options.perSecond);
  const urls = Object.values(product.apps).map((app) => app.url);
  say(
    `${options.people} people register, ${options.atOnce} at once; ${options.perSecond} mails a second may leave`,
  );
  const registering = await registerAll(urls, options, signal);
  const expected = registering.answers["201"] ?? 0;
  say(`registered after ${registering.tookSeconds.toFixed(1)} s; waiting for the mails …`);
  const deadline = Date.now() + ((expected / options.perSecond) * PATIENCE + 60) * 1000;
  for (;;) {
    if (signal.aborted) return null;
    const times = await listSendTimes(db);
    const sent = times.flatMap(({ dueAt, sentAt }) =>
      sentAt ? [{ dueAtMs: dueAt.getTime(), sentAtMs: sentAt.getTime() }] : [],
    );
    if (sent.length < expected && Date.now() < deadline) {
      await delay(POLL_MS);
      continue;
    }
    const drain = measureDrain(sent, options.perSecond);
    const figures = {
      answers: registering.answers,
      answersMs: registering.answersMs,
      registeredPerSecond: expected / registering.tookSeconds,
      mails: sent.length,
      attempts: times.reduce((sum, one) => sum + one.attempts, 0),
      tries: times.reduce((sum, one) => sum + one.tries, 0),
      refused429: times.reduce((sum, one) => sum + one.refused, 0),
      drainedPerSecond: drain.perSecond,
      ratio: drain.perSecond === null ? null : drain.perSecond / options.perSecond,
    };
    return { ok: isGood(figures), ...figures };
  }
}

async function setProviderLimit(mailUrl: string, perSecond: number): Promise<void> {
  const response = await fetch(`${mailUrl}/_/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ faults: [], limit_per_second: perSecond }),
  });
  if (!response.ok) throw new Error(`The provider's limit was not set: ${response.status}`);
}

async function registerAll(urls: readonly string[], { people, atOnce }: BurstOptions, signal: AbortSignal) {
  const answers: Record<string, number> = {};
  const times: number[] = [];
  let next = 0;
  const since = performance.now();
  const person = async () => {
    while (next < people && !signal.aborted) {
      const index = next++;
      const username = `burst-${String(index).padStart(5, "0")}`;
      const askedAt = performance.now();
      const response = await fetch(`${urls[index % urls.length]}/api/v1/usr/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          username,
          email: `${username}@example.com`,
          password: "correct horse battery staple",
        }),
      });
      await response.arrayBuffer();
      answers[response.status] = (answers[response.status] ?? 0) + 1;
      if (response.status === 201) times.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, person));
  times.sort((a, b) => a - b);
  const at = (percent: number) => Math.round(percentile(times, percent));
  return {
    answers,
    answersMs: { p50: at(50), p99: at(99), max: at(100) },
    tookSeconds: (performance.now() - since) / 1000,
  };
}

/** Seven per cent below what is allowed are headroom (domain/send-pace.ts); the rest is ours to lose. */
const RATIO_MIN = 0.85;

function isGood(result: Omit<BurstResult, "ok">): boolean {
  return (
    result.tries === result.mails &&
    result.mails === result.answers["201"] &&
    (result.ratio === null || result.ratio >= RATIO_MIN)
  );
}

export function formatBurst(result: BurstResult, { perSecond, atOnce }: BurstOptions): string {
  const { answersMs, drainedPerSecond, ratio } = result;
  const rows: [string, string][] = [
    [
      "answers",
      Object.entries(result.answers)
        .map(([status, count]) => `${count} × ${status}`)
        .join(", "),
    ],
    [
      "answer times",
      `p50 ${answersMs.p50} ms, p99 ${answersMs.p99} ms, max ${answersMs.max} ms, ${atOnce} at once`,
    ],
    ["registered", `${result.registeredPerSecond.toFixed(1)} a second`],
    [
      "drained",
      drainedPerSecond === null || ratio === null
        ? `as they came: people registered no faster than ${perSecond} a second`
        : `${drainedPerSecond.toFixed(2)} a second while mails waited: ${Math.round(ratio * 100)} % of the ${perSecond} allowed`,
    ],
    ["mails", `${result.mails}`],
    [
      "attempts",
      `${(result.attempts / Math.max(1, result.mails)).toFixed(3)} a mail, ${result.refused429} × 429, ${result.tries - result.mails} retries spent`,
    ],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(14)} ${value}`).join("\n");
}
