// Pieces that several pages show.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import type { EventRow } from "../store/events.ts";
import type { RunLink } from "../store/lookups.ts";
import type { RunItem } from "../store/queries.ts";
import { badge, formatDuration, formatJson, formatShort, type Html, runBadge, type Tone } from "./format.ts";

export function runsTable(context: Context, runs: readonly RunItem[], empty: Html | string): Html {
  if (runs.length === 0) return html`<p class="empty">${empty}</p>`;
  const now = context.clock.now();
  return html`<div class="scroll"><table>
<thead><tr><th>Status</th><th>Function</th><th>Queued</th><th class="num">Took</th><th class="wide">Run</th></tr></thead>
<tbody>${runs.map(
    (run) => html`<tr>
<td>${runBadge(run, now)}</td>
<td><a href="/runs/${run.id}" id="run-${run.id}">${nameOf(context, run.function_slug)}</a><br><span class="small muted">${triggerOf(run)}</span></td>
<td>${formatShort(run.created_at_ms, now)}</td>
<td class="num">${run.ended_at_ms === null ? "" : formatDuration(run.ended_at_ms - run.created_at_ms)}</td>
<td class="wide mono">${run.id}</td>
</tr>`,
  )}</tbody></table></div>`;
}

export function triggerOf(run: Pick<RunItem, "cron" | "event_name">): string {
  return run.cron === null ? run.event_name : `cron ${run.cron}`;
}

/** Events with what came of each; the payload is a click away. */
export function eventsList(
  context: Context,
  events: readonly EventRow[],
  runs: readonly RunLink[],
  empty: Html | string,
): Html {
  if (events.length === 0) return html`<p class="empty">${empty}</p>`;
  const now = context.clock.now();
  return html`<ol class="events">${events.map((event) => {
    const own = runs.filter((run) => run.event_id === event.id);
    return html`<li>
<div class="line"><a href="/events/${event.id}" id="event-${event.id}">${event.name}</a> ${formatShort(event.received_at_ms, now)}</div>
<div class="runs">${own.length === 0 ? html`<span class="small muted">started nothing</span>` : own.map((run) => runLink(context, run))}</div>
<details id="payload-${event.id}"><summary>Payload</summary>${formatJson(event.payload)}<p class="small mono muted">${event.id}${event.external_id === null ? "" : html`, sender's id ${event.external_id}`}</p></details>
</li>`;
  })}</ol>`;
}

const TONES: Readonly<Record<RunLink["status"], Tone>> = {
  Running: "busy",
  Completed: "ok",
  Failed: "bad",
  Cancelled: "off",
};

/** A run as a link with its state. */
export function runLink(context: Context, run: RunLink): Html {
  return html`<a class="chip" href="/runs/${run.id}">${badge(TONES[run.status], nameOf(context, run.function_slug))} <span class="muted">${run.status}</span></a>`;
}

export function nameOf(context: Context, slug: string): string {
  return context.registry().functions.get(slug)?.name ?? slug;
}

/** For a list that is not narrowed by all that was asked for. */
export function leftOut(names: readonly string[]): Html {
  return html`<p class="notice wait" role="alert">Left out, because it could not be read: ${names.join(", ")}. The list may show more than was asked for.</p>`;
}

/** The ways to the first and the next page of a list; nothing where there is only one. */
export function pager(
  path: string,
  query: readonly (readonly [name: string, value: string])[],
  { last, isFirst }: { last: string | undefined; isFirst: boolean },
): Html | string {
  if (last === undefined && isFirst) return "";
  const to = (cursor: string | null) => {
    const parameters = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
    if (cursor !== null) parameters.set("cursor", cursor);
    return `${path}?${parameters.toString()}`;
  };
  return html`<nav class="pager" aria-label="Pages of this list">
${isFirst ? "" : html`<a href="${to(null)}" id="newest">Newest</a>`}
${last === undefined ? "" : html`<a href="${to(last)}" id="older" rel="next">Older</a>`}</nav>`;
}

/** A text field with JSON in it, and what is wrong with that. */
export function jsonField(field: {
  name: string;
  label: string;
  hint: Html | string;
  value: string;
  error: string | null;
}): Html {
  const { name, label, hint, value, error } = field;
  return html`<div class="field"><label for="${name}">${label}</label>
<p class="small muted" id="${name}-hint">${hint}</p>
${error === null ? "" : html`<p class="notice bad" id="${name}-error" role="alert">${error}</p>`}
<textarea id="${name}" name="${name}" rows="10" spellcheck="false" autocapitalize="off" autocomplete="off" required aria-describedby="${name}-hint${error === null ? "" : ` ${name}-error`}" ${error === null ? "" : html`aria-invalid="true"`}>
${value}</textarea></div>`;
}
