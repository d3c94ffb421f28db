// Search by what runs carried: an expression over their event and their output, as in Inngest's own dashboard.
// No index knows it, so the newest runs are looked at one after the other, and not more than so many.
import { isReckoning } from "./expressions.ts";
import { parseJson } from "./json.ts";
import { parsePayload } from "./registry.ts";
import type { Sql } from "./store/database.ts";
import { listRuns, type Page, type RunFilter, type RunItem } from "./store/queries.ts";

const BATCH = 100;
export const LOOKED_MAX = 1_000;

/** Whether a text is meant as an expression rather than as a name or an id. */
export function isExpression(text: string): boolean {
  return /(^|[\s!(])(event|output)[.[]|==|!=|[<>]|&&|\|\|/.test(text) || isReckoning(text);
}

type Matches = (run: { event: unknown; output: unknown }) => boolean;

export type Found = {
  runs: RunItem[];
  /** Where the next page begins; undefined on the last one. */
  next: string | undefined;
  /** It stopped because it had looked at so many, not because the page was full. */
  isCutShort: boolean;
};

/** Runs of a list, newest first, of which an expression is true. */
export async function searchRuns(sql: Sql, page: Page, filter: RunFilter, matches: Matches): Promise<Found> {
  const runs: RunItem[] = [];
  let before = page.before;
  for (let looked = 0; looked < LOOKED_MAX; looked += BATCH) {
    const batch = await listRuns(sql, { limit: BATCH, before }, filter);
    for (const run of batch) {
      before = run.id;
      if (!matches({ event: parsePayload(run.event_payload), output: outcomeOf(run) })) continue;
      runs.push(run);
      if (runs.length === page.limit) return { runs, next: run.id, isCutShort: false };
    }
    if (batch.length < BATCH) return { runs, next: undefined, isCutShort: false };
  }
  return { runs, next: before ?? undefined, isCutShort: true };
}

/** The result, or the error, which has `name` and `message`. */
function outcomeOf(run: RunItem): unknown {
  return parseJson(run.output ?? run.error ?? "null");
}
