// The operators' pages among a million mails: how long they take, against how long they took among a thousand, and how
// Postgres finds what they show.
import { openDatabase } from "@/db/client";
import { type Explained, type Explainer, openExplainer } from "@/db/explain";
import { fillScratch, sampleScratch } from "@/db/scratch";
import type { Services } from "@/domain/services";
import { percentile } from "../chaos/report";
import { type Product, withProduct } from "../product/product";
import type { OpsBenchOptions } from "./ops-options";
import { listOpsPages, type OpsPage } from "./ops-pages";
import { listWholeTables, scratchServices } from "./scratch";

const FEW_ROWS = 1_000;
/** DESIGN.md and README: a page is there within this, for nineteen in twenty. */
const P95_MS = 200;
const WARM_UPS = 3;

export type PageResult = {
  name: string;
  path: string;
  p50: number;
  p95: number;
  /** Times p50 with FEW_ROWS. */
  growth: number;
  queries: number;
  /** The longest query, by Postgres. */
  queryMs: number;
  /** Rows that were looked at, of all tables. */
  rows: number;
  indexes: string[];
  /** Large tables that were read from end to end. */
  wholeTables: string[];
};

export type OpsBenchResult = {
  ok: boolean;
  rows: number;
  filledInSeconds: number;
  /** Of GET /api/health, which does nothing: how busy the machine is with other things. */
  nothing: { p50: number; p95: number };
  pages: PageResult[];
};

/** Runs it once, with processes and a folder of its own, which are gone afterwards. */
export async function runOpsBench(
  root: string,
  options: OpsBenchOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<OpsBenchResult | null> {
  const setup = { root, name: "bench", transport: "resend" as const };
  return withProduct(setup, say, async ({ product, onEnd }) => {
    const database = openDatabase(product.postgres.url, 2);
    onEnd(database.close);
    const cookie = await signIn(product);
    const measureAll = async (rows: number) => {
      const since = performance.now();
      say(`writing ${rows} mails …`);
      await fillScratch(database.db, { rows, days: options.days });
      const filledInSeconds = (performance.now() - since) / 1000;
      const pages = listOpsPages(await sampleScratch(database.db));
      say(`asking for ${pages.length} pages, ${options.times} times each …`);
      const measured: Measured[] = [];
      for (const page of pages) {
        if (signal.aborted) return null;
        measured.push({ page, ...(await measure(product, cookie, page.path, options.times)) });
      }
      return { filledInSeconds, measured };
    };
    const few = await measureAll(FEW_ROWS);
    const many = few && (await measureAll(options.rows));
    if (!few || !many) return null;
    const nothing = await measure(product, cookie, "/api/health", options.times);
    const explainer = openExplainer(product.postgres.url);
    onEnd(explainer.close);
    const services = scratchServices(product.postgres.url);
    onEnd(async () => {
      await services.notifications.close();
      await services.database.close();
    });
    const pages: PageResult[] = [];
    for (const [index, one] of many.measured.entries()) {
      const explained = await explainPage(explainer, services, one.page);
      pages.push(describe(one, few.measured[index]?.p50 ?? Number.NaN, explained));
    }
    const ok = pages.every(({ p95, wholeTables }) => p95 < P95_MS && wholeTables.length === 0);
    return { ok, rows: options.rows, filledInSeconds: many.filledInSeconds, nothing, pages };
  });
}

type Measured = { page: OpsPage; p50: number; p95: number };

const explainPage = (explainer: Explainer, services: Services, page: OpsPage) =>
  explainer.explain((db) => page.work({ ...services, db }));

function describe({ page, p50, p95 }: Measured, before: number, explained: Explained): PageResult {
  const { accesses } = explained;
  return {
    name: page.name,
    path: page.path,
    p50,
    p95,
    growth: p50 / before,
    queries: explained.queries,
    queryMs: explained.slowestMs,
    rows: accesses.reduce((sum, { rows }) => sum + rows, 0),
    indexes: [...new Set(accesses.flatMap(({ index }) => index ?? []))].sort(),
    wholeTables: listWholeTables(explained),
  };
}

async function signIn(product: Product): Promise<string> {
  const { url } = product.apps["app-a"];
  const response = await fetch(`${url}/api/ops/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: JSON.stringify({ password: product.opsPassword }),
  });
  const cookie = response.headers.getSetCookie().map((text) => text.split(";", 1)[0] ?? "");
  if (!response.ok || cookie.length === 0) throw new Error(`The operator was not let in: ${response.status}`);
  return cookie.join("; ");
}

/** Milliseconds, the whole answer read. */
async function measure(product: Product, cookie: string, path: string, times: number) {
  const { url } = product.apps["app-a"];
  const took: number[] = [];
  for (let time = -WARM_UPS; time < times; time++) {
    const since = performance.now();
    const response = await fetch(url + path, { headers: { cookie }, redirect: "manual" });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
    if (time >= 0) took.push(performance.now() - since);
  }
  took.sort((a, b) => a - b);
  return { p50: percentile(took, 50), p95: percentile(took, 95) };
}

export function formatOpsBench({ rows, filledInSeconds, nothing, pages }: OpsBenchResult): string {
  const width = Math.max(...pages.map(({ name }) => name.length));
  const head = `  ${"page".padEnd(width)}   p50 ms   p95 ms   × of ${FEW_ROWS}   longest query   rows read   indexes`;
  const lines = pages.map((page) => {
    const facts = [
      page.p50.toFixed(0).padStart(7),
      page.p95.toFixed(0).padStart(9),
      page.growth.toFixed(2).padStart(11),
      `${page.queryMs.toFixed(1)} ms`.padStart(14),
      String(page.rows).padStart(12),
    ];
    const wrong = [
      ...(page.p95 >= P95_MS ? [`p95 is ${P95_MS} ms or more`] : []),
      ...page.wholeTables.map((table) => `reads all of ${table}`),
    ];
    return `  ${page.name.padEnd(width)} ${facts.join(" ")}   ${page.indexes.join(", ")}${wrong.length > 0 ? `   !! ${wrong.join("; ")}` : ""}`;
  });
  const slowest = Math.max(...pages.map(({ p95 }) => p95));
  return [
    `  ${rows} mails, written in ${filledInSeconds.toFixed(0)} s`,
    head,
    ...lines,
    `  slowest p95: ${slowest.toFixed(0)} ms; an answer that asks nothing of anybody took p50 ${nothing.p50.toFixed(0)} ms, p95 ${nothing.p95.toFixed(0)} ms`,
  ].join("\n");
}
