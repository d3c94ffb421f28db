// What a registration costs among a million people, against what it costs among a thousand, and how Postgres finds what
// the sweepers of every process look for.
import { endAbandonedAttempts } from "@/db/abandoned-attempts";
import { type Explained, openExplainer } from "@/db/explain";
import { leaseOutboxRows } from "@/db/outbox";
import { listOverdueDeliveries } from "@/db/overdue-deliveries";
import { fillScratch } from "@/db/scratch";
import { addSeconds } from "@/domain/clock";
import { purgeExpired } from "@/domain/retention";
import type { Services } from "@/domain/services";
import type { Figure, Section } from "./figures";
import { askAll } from "./load";
import { readCpuSeconds } from "./processes";
import { type Bench, partsOf, registerOne, untilSent } from "./registration";
import { LARGE_TABLE_ROWS, listWholeTables, scratchServices } from "./scratch";

const FEW = 1_000;
/** Of the people there, who got one mail or more (db/scratch.ts). */
const MAILS_PER_PERSON = 1.25;
/** Few enough that nobody stands in line: what is meant is the work, not the wait. */
const AT_ONCE = 4;
const DAYS = 90;

/** `people`: how many there are in the end. `registrations`: how many are measured each time. */
export async function measureGrowth(
  bench: Bench,
  { people, registrations }: { people: number; registrations: number },
): Promise<Section[]> {
  const { db, say } = bench;
  const among = async (count: number) => {
    say(`writing ${count.toLocaleString("en")} people …`);
    await fillScratch(db, { rows: Math.round(count * MAILS_PER_PERSON), days: DAYS });
    say(`${registrations} register …`);
    await register(bench, Math.round(registrations / 4));
    return register(bench, registrations);
  };
  // The first ones warm the processes up.
  await among(FEW);
  const few = await among(FEW);
  const many = await among(people);
  const cost = (name: string, ms: number): Figure => ({ name, value: ms, unit: "ms", digits: 1 });
  const share = (parts: Cost) => parts.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(", ");
  return [
    {
      title: "Growth: processor time of one registration until its mail is accepted, the hash included",
      figures: [
        { ...cost(`among ${FEW.toLocaleString("en")} people`, sum(few)), note: share(few) },
        { ...cost(`among ${people.toLocaleString("en")} people`, sum(many)), note: share(many) },
        { name: "times as much", value: sum(many) / sum(few), unit: "", digits: 2, bar: { atMost: 1.2 } },
      ],
    },
    { title: "What the sweepers read", figures: await explainSweepers(bench) },
  ];
}

type Cost = { name: string; ms: number }[];
const sum = (parts: Cost) => parts.reduce((all, { ms }) => all + ms, 0);

async function register(bench: Bench, count: number): Promise<Cost> {
  const since = new Date();
  const parts = partsOf(bench.product);
  const before = parts.map(({ pid }) => readCpuSeconds(pid));
  await askAll(
    count,
    AT_ONCE,
    async () => {
      if (!(await registerOne(bench, []))) throw new Error("A registration was not answered with 201");
    },
    bench.signal,
  );
  await untilSent(bench, since);
  return parts.map(({ name, pid }, index) => ({
    name,
    ms: ((readCpuSeconds(pid) - (before[index] ?? Number.NaN)) * 1000) / count,
  }));
}

/** What loops and crons look for in the database, every few seconds or minutes. */
const SWEEPERS: { name: string; work(services: Services): Promise<unknown> }[] = [
  { name: "relay: events that wait", work: ({ db }) => leaseOutboxRows(db, 100, 0) },
  {
    name: "watchdog: mails that nobody began",
    work: ({ db, clock }) => listOverdueDeliveries(db, addSeconds(clock(), -30), 100),
  },
  {
    name: "attempts whose worker died",
    work: ({ db, clock }) => endAbandonedAttempts(db, addSeconds(clock(), -3600), clock()),
  },
  { name: "everything past its end date", work: purgeExpired },
];

async function explainSweepers({ product, say }: Bench): Promise<Figure[]> {
  say("Postgres explains what the sweepers ask …");
  const explainer = openExplainer(product.postgres.url);
  const services = scratchServices(product.postgres.url);
  try {
    const figures: Figure[] = [];
    for (const { name, work } of SWEEPERS) {
      // Once before, so that what is past its end is gone and what is left is the looking.
      await work(services);
      figures.push(describe(name, await explainer.explain((db) => work({ ...services, db }))));
    }
    return figures;
  } finally {
    await explainer.close();
    await services.notifications.close();
    await services.database.close();
  }
}

function describe(name: string, explained: Explained): Figure {
  const whole = listWholeTables(explained);
  const indexes = [...new Set(explained.accesses.flatMap(({ index }) => index ?? []))].sort();
  return {
    name: `${name}: tables of ${LARGE_TABLE_ROWS.toLocaleString("en")} rows or more read whole`,
    value: whole.length,
    unit: "",
    bar: { atMost: 0 },
    note: `${explained.slowestMs.toFixed(1)} ms the longest of ${explained.queries}; ${[...whole, ...indexes].join(", ")}`,
  };
}
