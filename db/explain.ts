// What Postgres does for the queries of some work: which indexes it reads, and how many rows.
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import type { Database } from "./client";
import * as schema from "./schema";

/** How one query reached the rows of one table, all loops together. */
export type Access = {
  table: string;
  /** Null: the whole table was read. */
  index: string | null;
  /** Rows that were looked at, whether they were of use or not. */
  rows: number;
};

export type Explained = {
  accesses: Access[];
  /** Of the longest query, as Postgres measured it. */
  slowestMs: number;
  queries: number;
};

export type Explainer = {
  /** Does `work` with a database of its own, then has Postgres do each of its statements again, inserts aside, and tell how. */
  explain(work: (db: Database) => Promise<unknown>): Promise<Explained>;
  close(): Promise<void>;
};

export function openExplainer(url: string): Explainer {
  const sql = postgres(url, { max: 4, onnotice: () => {} });
  let asked: { query: string; params: unknown[] }[] = [];
  const logger = { logQuery: (query: string, params: unknown[]) => void asked.push({ query, params }) };
  const db = drizzle(sql, { schema, logger });

  /** To explain with figures is to do it: what it would change is taken back. */
  async function explainOne({ query, params }: (typeof asked)[number]) {
    let row: ExplainRow | undefined;
    const takeBack = new Error("taken back");
    await sql
      .begin(async (tx) => {
        [row] = await tx.unsafe<ExplainRow[]>(`explain (analyze, format json) ${query}`, params as string[]);
        throw takeBack;
      })
      .catch((error: unknown) => {
        if (error !== takeBack) throw error;
      });
    const plan = row?.["QUERY PLAN"][0];
    if (!plan) throw new Error("Postgres explained nothing");
    return { ms: plan["Execution Time"], accesses: readAccesses(plan.Plan) };
  }

  return {
    async explain(work) {
      asked = [];
      await work(db);
      const questions = asked.filter(
        ({ query }) => /^\s*(\(?\s*select|with|update|delete)\b/i.test(query) && !/set_config/.test(query),
      );
      const explained: Awaited<ReturnType<typeof explainOne>>[] = [];
      for (const question of questions) explained.push(await explainOne(question));
      return {
        accesses: explained.flatMap(({ accesses }) => accesses),
        slowestMs: Math.max(0, ...explained.map(({ ms }) => ms)),
        queries: explained.length,
      };
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

type ExplainRow = { "QUERY PLAN": [{ Plan: PlanNode; "Execution Time": number }] };

/** The part of Postgres' JSON that is read here (postgresql.org, EXPLAIN). */
type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: PlanNode[];
};

function readAccesses(node: PlanNode): Access[] {
  const below = (node.Plans ?? []).flatMap(readAccesses);
  const table = node["Relation Name"];
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  const rows = Math.round((node["Actual Rows"] + removed) * node["Actual Loops"]);
  if (!table) return below;
  // A bitmap's index stands in a node of its own below the one that names the table.
  const index = node["Index Name"] ?? node.Plans?.flatMap(listIndexes)[0] ?? null;
  return [{ table, index, rows }, ...(node["Node Type"] === "Bitmap Heap Scan" ? [] : below)];
}

const listIndexes = (node: PlanNode): string[] => [
  ...(node["Index Name"] ? [node["Index Name"]] : []),
  ...(node.Plans ?? []).flatMap(listIndexes),
];
