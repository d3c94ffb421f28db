// One run: start, register under faults, let time pass, compare.
import { setTimeout as delay } from "node:timers/promises";
import { readAudit } from "@/db/audit";
import { type DatabaseClient, openDatabase } from "@/db/client";
import { leaseSeconds } from "@/domain/sending-lease";
import type { Part } from "../product/part";
import { APPS, type Product, SETTINGS, withProduct } from "../product/product";
import { type Acting, act, tryLastCodes } from "./act";
import type { Facts } from "./facts";
import { readInbox, tellAgain } from "./inbox";
import { injectFaults, readMailFaults, turnFaultDial } from "./inject";
import type { Options } from "./options";
import { planFaults, planPeople } from "./plan";
import { registerEverybody } from "./register";
import { type Result, summarize } from "./report";
import { settle } from "./settle";
import { judge, type Verdict } from "./verdict";

/** Beside what registering takes; leases, backoffs and conversations that hang are real time. */
const SETTLE_TIMEOUT_MS = 300_000;
/** The provider tells again after 1, 5 and 25 s what we did not take (local/mail/webhooks.ts). */
const GRACE_MS = 45_000;
/** A mail that somebody sends after all has come by then: longer than the relay's and the watchdog's rounds. */
const QUIET_MS = 6_000;
const LEASE_MS = leaseSeconds(Number(SETTINGS.EMAIL_TIMEOUT) * 1000) * 1000;

/**
 * Runs chaos once. Leaves no process and no folder behind, also when it throws or `signal` ends it; then the result is
 * null. The logs of a run that was not good are kept in `.latchkey/chaos`.
 */
export async function runChaos(
  root: string,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result | null> {
  const setup = { root, name: "chaos", transport: options.transport };
  return withProduct(setup, say, async ({ product, parts, onEnd, keepLogs }) => {
    if (signal.aborted) return null;
    // Stopped processes would never hear that we are gone.
    const thawAll = () => {
      for (const part of parts) part.thaw();
    };
    process.once("exit", thawAll);
    onEnd(async () => void process.off("exit", thawAll));
    const database = openDatabase(product.postgres.url, 2);
    onEnd(() => database.close());
    const result = await tryProduct(product, database, parts, options, say, signal);
    if (result && !result.ok) keepLogs();
    return result;
  });
}

async function tryProduct(
  product: Product,
  database: DatabaseClient,
  parts: readonly Part[],
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result | null> {
  await turnFaultDial(product.mail.url, options.seed);
  const people = planPeople(options);
  const faults = planFaults(options);
  say(`${options.people} people register, and ${faults.length} faults come; seed ${options.seed}`);
  const startedAt = Date.now();
  let isBroken = true;
  const injecting = injectFaults(product, faults, startedAt, say, signal).finally(() => {
    isBroken = false;
  });
  // It is awaited later; until then its failure must not end the process by itself.
  injecting.catch(() => {});
  const urls = { "app-a": product.apps[APPS[0]].url, "app-b": product.apps[APPS[1]].url };
  const around = { urls, mailUrl: product.mail.url, database, signal };
  const acting: Acting = { acts: [], wrongAnswers: [] };
  const acts: Promise<void>[] = [];
  const registering = await registerEverybody(people, urls, startedAt, signal, (registered) =>
    acts.push(act(registered, around, acting)),
  );
  await Promise.all(acts);
  if (signal.aborted) return null;
  say(
    `everybody has registered, or given up, after ${Math.round((Date.now() - startedAt) / 1000)} s; time passes …`,
  );
  const engineUrl = product.engine.url;
  const letTimePass = (timeoutMs: number) =>
    settle({ database, engineUrl }, () => isBroken, timeoutMs, signal);
  const settling = await letTimePass(SETTLE_TIMEOUT_MS + faultsEnd(faults));
  if (signal.aborted) return null;
  const injected = await injecting;
  for (const part of parts) await part.settled();
  const codes = await tryLastCodes(registering.registered, acting, await readInbox(product.mail.url), around);
  // Whoever confirmed just now is still to be welcomed.
  const welcoming = await letTimePass(SETTLE_TIMEOUT_MS);
  const told = {
    registrations: registering.registrations,
    wrongAnswers: [...registering.wrongAnswers, ...acting.wrongAnswers],
    acts: acting.acts,
    codes,
  };
  const { facts, verdict } = await gatherAndJudge(product, database, told, options, signal);
  if (signal.aborted) return null;
  return summarize({
    options,
    facts,
    verdict,
    injected,
    mailFaults: await readMailFaults(product.mail.url),
    unavailable: registering.unavailable,
    settling: {
      isSettled: settling.isSettled && welcoming.isSettled,
      movedMs: settling.movedMs + welcoming.movedMs,
    },
    tookMs: Date.now() - startedAt,
  });
}

const faultsEnd = (faults: readonly { atMs: number }[]) => Math.max(0, ...faults.map((fault) => fault.atMs));

/**
 * What is wrong must stay wrong: the provider may still have something to tell. And what is good must stay good for a
 * while in which nothing is left to do.
 */
async function gatherAndJudge(
  product: Product,
  database: DatabaseClient,
  told: Pick<Facts, "registrations" | "wrongAnswers" | "acts" | "codes">,
  options: Options,
  signal: AbortSignal,
): Promise<{ facts: Facts; verdict: Verdict }> {
  const startedAt = Date.now();
  for (let looks = 1; ; looks++, await delay(1_000)) {
    const facts: Facts = {
      ...(await readAudit(database.db)),
      mails: await readInbox(product.mail.url),
      ...told,
      leaseMs: LEASE_MS,
      ended: product.ended,
    };
    if (looks === 1 && options.transport === "resend") await tellAgain(product.mail.url, listUntold(facts));
    const verdict = judge(facts, options.transport);
    const patienceMs = verdict.findings.length === 0 ? QUIET_MS : GRACE_MS;
    if (Date.now() > startedAt + patienceMs || signal.aborted) return { facts, verdict };
  }
}

/** Mails of deliveries of which we know only that they were sent. */
function listUntold({ deliveries, mails }: Facts): Facts["mails"] {
  const sent = new Set(deliveries.filter(({ status }) => status === "sent").map(({ id }) => id));
  return mails.filter((mail) => mail.deliveryId !== null && sent.has(mail.deliveryId));
}
