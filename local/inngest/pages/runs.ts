// The list of runs, and what it is narrowed to.

import type { Context as HonoContext } from "hono";
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { compileSearch } from "../expressions.ts";
import { parseDuration } from "../schedule.ts";
import { type Found, isExpression, LOOKED_MAX, searchRuns } from "../search.ts";
import { listRuns, type Page, type RunFilter } from "../store/queries.ts";
import type { RunStatus } from "../store/runs.ts";
import type { Html } from "./format.ts";
import { layout } from "./layout.ts";
import { leftOut, pager, runsTable } from "./parts.ts";

const STATUSES: readonly RunStatus[] = ["Running", "Completed", "Failed", "Cancelled"];

export const WITHIN = [
  ["", "any time"],
  ["5m", "last 5 minutes"],
  ["1h", "last hour"],
  ["24h", "last 24 hours"],
] as const;

/** What stands in the address, as the form shows it again. */
export type RunsQuery = {
  statuses: RunStatus[];
  function: string;
  within: string;
  from: string;
  until: string;
  q: string;
};

const NAMES = { status: "Status", within: "Queued", from: "From", until: "Until" } as const;
type Name = keyof typeof NAMES;

/** One of WITHIN; anything else is any time. */
export function readWithin(text: string | undefined): string {
  return WITHIN.find(([value]) => value === text)?.[0] ?? "";
}

/** Unknown words in the address narrow nothing; `unread` names what they were given for. */
export function readRunsQuery(c: HonoContext): { query: RunsQuery; unread: Name[] } {
  const asked = (c.req.queries("status") ?? []).filter((status) => status !== "");
  const text = (name: string) => c.req.query(name)?.trim().slice(0, 512) ?? "";
  const time = (name: string) => (timeOf(text(name)) === null ? "" : text(name));
  const query = {
    statuses: STATUSES.filter((status) => asked.includes(status)),
    function: text("function"),
    within: readWithin(text("within")),
    from: time("from"),
    until: time("until"),
    q: text("q"),
  };
  const isUnread = (name: Name) =>
    name === "status"
      ? asked.some((word) => !STATUSES.some((status) => status === word))
      : query[name] !== text(name);
  return { query, unread: (Object.keys(NAMES) as Name[]).filter(isUnread) };
}

/** What `<input type="datetime-local">` gives, as UTC. Null for a day that no calendar has, too. */
function timeOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return null;
  const ms = Date.parse(`${text}Z`);
  // Date takes 31 February for 3 March.
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 16)) ? null : ms;
}

function filterOf(query: RunsQuery, nowMs: number): RunFilter {
  const withinMs = parseDuration(query.within);
  const from = [timeOf(query.from), withinMs === null ? null : nowMs - withinMs].filter((ms) => ms !== null);
  return {
    statuses: query.statuses,
    functionSlug: query.function || null,
    fromMs: from.length === 0 ? null : Math.max(...from),
    untilMs: timeOf(query.until),
    search: isExpression(query.q) ? null : query.q || null,
  };
}

async function findRuns(
  context: Context,
  page: Page,
  query: RunsQuery,
): Promise<Found & { error: string | null }> {
  const filter = filterOf(query, context.clock.now());
  if (!isExpression(query.q)) {
    const runs = await listRuns(context.sql, page, filter);
    const next = runs.length === page.limit ? runs.at(-1)?.id : undefined;
    return { runs, next, isCutShort: false, error: null };
  }
  const matches = compileSearch(query.q);
  return matches instanceof Error
    ? { runs: [], next: undefined, isCutShort: false, error: matches.message }
    : { ...(await searchRuns(context.sql, page, filter, matches)), error: null };
}

/** `isRefused` when the search is an expression that cannot be read, or no condition. */
export async function runsPage(
  context: Context,
  page: Page,
  { query, unread }: ReturnType<typeof readRunsQuery>,
): Promise<{ page: Html; isRefused: boolean }> {
  const { runs, next, isCutShort, error } = await findRuns(context, page, query);
  const { statuses, ...rest } = query;
  const entries = [
    ...statuses.map((status) => ["status", status] as const),
    ...Object.entries(rest).filter(([, value]) => value !== ""),
  ];
  const isNarrowed = entries.length > 0;
  const empty = isNarrowed
    ? html`No run is like that. <a href="/runs">Show all</a>`
    : html`Nothing has run yet. <a href="/events/send">Send an event</a> or <a href="/functions">invoke a function</a>.`;
  const main = html`${filterForm(context, query, error)}
${unread.length > 0 ? leftOut(unread.map((name) => NAMES[name])) : ""}
<section id="runs" data-live aria-label="Runs">${runsTable(context, runs, empty)}
${isCutShort ? html`<p class="muted">Looked at ${LOOKED_MAX} runs. Older ones may be like that too.</p>` : ""}
${pager("/runs", entries, { last: next, isFirst: page.before === null })}</section>`;
  const shown = layout(context, { path: "/runs", title: "Runs", main });
  return { page: shown, isRefused: error !== null };
}

function filterForm(context: Context, query: RunsQuery, error: string | null): Html {
  const functions = [...context.registry().functions.values()];
  const option = (value: string, text: string, chosen: string) =>
    html`<option value="${value}" ${value === chosen ? html`selected` : ""}>${text}</option>`;
  return html`<form method="get" action="/runs" class="filter" role="search" aria-label="Runs">
<fieldset><legend>Status</legend>${STATUSES.map(
    (status) =>
      html`<label class="check"><input type="checkbox" name="status" value="${status}" ${query.statuses.includes(status) ? html`checked` : ""}>${status}</label>`,
  )}</fieldset>
<div class="field"><label for="function">Function</label>
<select id="function" name="function">${option("", "any", query.function)}${functions.map((fn) => option(fn.slug, fn.name, query.function))}</select></div>
<div class="field"><label for="within">Queued</label>
<select id="within" name="within">${WITHIN.map(([value, text]) => option(value, text, query.within))}</select></div>
<div class="field"><label for="from">From (UTC)</label><input type="datetime-local" id="from" name="from" step="1" value="${query.from}"></div>
<div class="field"><label for="until">Until (UTC)</label><input type="datetime-local" id="until" name="until" step="1" value="${query.until}"></div>
<div class="field grow"><label for="q">Run id, event id, event name, or an expression</label>
<input type="search" id="q" name="q" value="${query.q}" autocomplete="off" spellcheck="false" aria-describedby="q-hint${error === null ? "" : " q-error"}" ${error === null ? "" : html`aria-invalid="true"`}>
<p class="small muted" id="q-hint">For example <code>event.data.id == "7"</code> or <code>output.name == "NonRetriableError"</code></p>
${error === null ? "" : html`<p class="notice bad" id="q-error" role="alert">${error}</p>`}</div>
<div class="buttons"><button type="submit" class="primary">Show</button><a href="/runs">Clear</a></div>
</form>`;
}
