// Registrations as fast as the product takes them, beside the machine's own ceiling: its argon2id hashes.
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { countMails } from "@/db/bench";
import type { Database } from "@/db/client";
import { hashPassword } from "@/domain/password";
import type { Product } from "../product/product";
import { type Figure, quantile } from "./figures";
import { askAll, type createAsker } from "./load";
import { readCpuSeconds } from "./processes";

export type Bench = {
  product: Product;
  db: Database;
  asker: ReturnType<typeof createAsker>;
  say: (line: string) => void;
  signal: AbortSignal;
};

/** Somebody who registered, as the product answered. */
export type Registered = { username: string; token: string };

const AT_ONCE = 32;
const HASHES = 300;
const PATIENCE_MS = 120_000;
const PASSWORD = "correct horse battery staple";

/** Hashes a second on all cores, and processor milliseconds of one. */
export async function measureHashing(signal: AbortSignal): Promise<{ perSecond: number; cpuMs: number }> {
  await hashPassword(PASSWORD);
  const before = process.cpuUsage();
  const seconds = await askAll(
    HASHES,
    availableParallelism(),
    async () => void (await hashPassword(PASSWORD)),
    signal,
  );
  const { user, system } = process.cpuUsage(before);
  return { perSecond: HASHES / seconds, cpuMs: (user + system) / 1000 / HASHES };
}

let people = 0;

/** Registers somebody new; null when the answer was not 201. */
export async function registerOne({ product, asker }: Bench, times: number[]): Promise<Registered | null> {
  const index = people++;
  const urls = Object.values(product.apps).map((app) => app.url);
  const username = `bench-${String(index).padStart(6, "0")}`;
  const body = { username, email: `${username}@example.com`, password: PASSWORD };
  const url = `${urls[index % urls.length]}/api/v1/usr/register`;
  const answer = await asker.ask(url, { method: "POST", body });
  times.push(answer.ms);
  if (answer.status !== 201) return null;
  const { access_token } = JSON.parse(answer.body) as { access_token: string };
  return { username, token: access_token };
}

/** Waits until every mail that was queued at `since` or later is accepted; throws when no more of them come. */
export async function untilSent({ db, signal }: Bench, since: Date): Promise<void> {
  let last = { sent: -1, atMs: 0 };
  for (; ; await delay(250)) {
    signal.throwIfAborted();
    const { queued, sent } = await countMails(db, since);
    if (sent === queued) return;
    if (sent > last.sent) last = { sent, atMs: Date.now() };
    if (Date.now() - last.atMs > PATIENCE_MS)
      throw new Error(`${sent} of ${queued} mails were sent, and none in the last ${PATIENCE_MS / 1000} s.`);
  }
}

/** `howMany` registrations, `AT_ONCE` at a time, and their mails. The hashes are measured before and after, in this run. */
export async function measureRegistration(
  bench: Bench,
  howMany: number,
): Promise<{ figures: Figure[]; people: Registered[] }> {
  const { product, say, signal } = bench;
  const warm: number[] = [];
  const since = new Date();
  await askAll(AT_ONCE, AT_ONCE, async () => void (await registerOne(bench, warm)), signal);
  await untilSent(bench, since);
  const before = await measureHashing(signal);
  say(`${howMany} people register, ${AT_ONCE} at once …`);
  const parts = partsOf(product);
  const cpuBefore = parts.map(({ pid }) => readCpuSeconds(pid));
  const times: number[] = [];
  const registered: Registered[] = [];
  const seconds = await askAll(
    howMany,
    AT_ONCE,
    async () => {
      const one = await registerOne(bench, times);
      if (one) registered.push(one);
    },
    signal,
  );
  await untilSent(bench, since);
  const cpu = parts.map(({ name, pid }, index) => ({
    name,
    ms: ((readCpuSeconds(pid) - (cpuBefore[index] ?? Number.NaN)) * 1000) / howMany,
  }));
  const after = await measureHashing(signal);
  const ceiling = (before.perSecond + after.perSecond) / 2;
  const hashMs = (before.cpuMs + after.cpuMs) / 2;
  const perSecond = registered.length / seconds;
  const allMs = cpu.reduce((sum, { ms }) => sum + ms, 0);
  const share = cpu.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(", ");
  const figures: Figure[] = [
    { name: "argon2id alone, all cores", value: ceiling, unit: "/s", digits: 1 },
    { name: "registrations", value: perSecond, unit: "/s", digits: 1, note: `${registered.length} × 201` },
    {
      name: "registrations to that ceiling",
      value: perSecond / ceiling,
      unit: "",
      digits: 2,
      bar: { atLeast: 0.75 },
      note: "database, engine, mail and who asks on the same cores",
    },
    { name: "their answers, p50", value: quantile(times, 50), unit: "ms" },
    { name: "their answers, p99", value: quantile(times, 99), unit: "ms", bar: { atMost: 1000 } },
    {
      name: "processor time of one outside the hash",
      value: allMs - hashMs,
      unit: "ms",
      digits: 1,
      bar: { atMost: 8 },
      note: `until its mail is accepted: ${share}; of it the hash ${hashMs.toFixed(1)}`,
    },
  ];
  return { figures, people: registered };
}

export function partsOf({ apps, engine, postgres, mail }: Product): { name: string; pid: number }[] {
  return [
    { name: "apps", pids: Object.values(apps).map(({ part }) => part.pid()) },
    { name: "postgres", pids: [postgres.part.pid()] },
    { name: "engine", pids: [engine.part.pid()] },
    { name: "mail", pids: [mail.part.pid()] },
  ].flatMap(({ name, pids }) => pids.map((pid) => ({ name, pid })));
}
