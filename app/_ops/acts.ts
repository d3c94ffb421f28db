// The forms of the operators' acts: what they name, and where they lead.
import "server-only";
import { type FilterValues, listLocation, readFilter } from "@/app/_ops/filter";
import { readId } from "@/domain/delivery-facts";
import { ACTS, type Act, SELECTED_MAX, type SelectionResult } from "@/domain/selection";

type Given = Record<string, unknown>;

/** How far back "all failed" looks, and how many a press sends: it is answered within seconds. */
export const ALL_FAILED = { withinSeconds: 86_400, atOnce: 100 } as const;

export const readAct = (given: unknown): Act | null => ACTS.find((act) => act === given) ?? null;

/** The ids in a field or in a list of them, parted by spaces; what is no id is left out. */
export function readIds(given: unknown): string[] {
  const words = [given].flat().flatMap((one) => (typeof one === "string" ? one.split(" ") : []));
  return words
    .slice(0, SELECTED_MAX)
    .map(readId)
    .filter((id) => id !== null);
}

/** The page that asks before it is done. */
export function askLocation(act: Act, ids: readonly string[]): string {
  const query = new URLSearchParams({ act });
  for (const id of ids) query.append("delivery", id);
  return `/ops/ask?${query}`;
}

/** Back to the list that the mails were chosen from, with what came of it. */
export function resultLocation(act: Act, result: SelectionResult, fields: Given): string {
  const said = {
    done: act,
    count: String(result.done),
    ...(result.refused.length > 0 ? { refused: String(result.refused.length) } : {}),
  };
  return listLocation(filterOf(fields), said);
}

export const filterOf = (fields: Given): FilterValues => readFilter(fields, new Date(0)).values;

/** A small number in an address; null for anything else. */
export const readCount = (given: unknown): number | null =>
  typeof given === "string" && /^\d{1,4}$/.test(given) ? Number(given) : null;
