// Tables that several pages show.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import type { RegisteredFunction } from "../registry.ts";
import type { EventRow } from "../store/events.ts";
import type { RunItem } from "../store/queries.ts";
import { badge, formatDuration, formatTime, type Html, runBadge } from "./format.ts";

export function runsTable(context: Context, runs: readonly RunItem[]): Html {
  if (runs.length === 0) return html`<p class="muted">No runs.</p>`;
  const now = context.clock.now();
  return html`<div class="scroll"><table>
<thead><tr><th>Status</th><th>Function</th><th>Started by</th><th>Queued</th><th class="num">Took</th><th>Run</th></tr></thead>
<tbody>${runs.map(
    (run) => html`<tr>
<td>${runBadge(run, now)}</td>
<td>${nameOf(context, run.function_slug)}</td>
<td>${run.cron === null ? run.event_name : `cron ${run.cron}`}</td>
<td>${formatTime(run.created_at_ms)}</td>
<td class="num">${run.ended_at_ms === null ? "" : formatDuration(run.ended_at_ms - run.created_at_ms)}</td>
<td class="mono"><a href="/runs/${run.id}">${run.id}</a></td>
</tr>`,
  )}</tbody></table></div>`;
}

export function eventsTable(events: readonly EventRow[]): Html {
  if (events.length === 0) return html`<p class="muted">No events.</p>`;
  return html`<div class="scroll"><table>
<thead><tr><th>Name</th><th>Received</th><th>Sender's id</th><th>Event</th></tr></thead>
<tbody>${events.map(
    (event) => html`<tr>
<td>${event.name}</td>
<td>${formatTime(event.received_at_ms)}</td>
<td class="mono">${event.external_id ?? ""}</td>
<td class="mono"><a href="/events/${event.id}">${event.id}</a></td>
</tr>`,
  )}</tbody></table></div>`;
}

export function functionsTable(functions: readonly RegisteredFunction[]): Html {
  if (functions.length === 0) return html`<p class="muted">The app has registered no functions yet.</p>`;
  return html`<div class="scroll"><table>
<thead><tr><th>Function</th><th>Triggers</th><th class="num">Attempts</th><th>Options</th><th>State</th><th></th></tr></thead>
<tbody>${functions.map(
    (fn) => html`<tr>
<td>${fn.name}<br><span class="mono muted">${fn.slug}</span></td>
<td>${fn.config.triggers.map(
      (trigger) =>
        html`<div>${"event" in trigger ? trigger.event : `cron ${trigger.cron}`}${
          "event" in trigger && trigger.expression
            ? html`<br><span class="mono muted">if ${trigger.expression}</span>`
            : ""
        }</div>`,
    )}${fn.config.triggers.length === 0 ? html`<span class="muted">invoked only</span>` : ""}</td>
<td class="num">${fn.maxAttempts}</td>
<td>${optionsOf(fn).map((line) => html`<div>${line}</div>`)}</td>
<td>${fn.archivedAtMs === null ? badge("ok", "Active") : badge("off", "Removed by the app")}</td>
<td><a href="/runs?function=${encodeURIComponent(fn.slug)}">Runs</a></td>
</tr>`,
  )}</tbody></table></div>`;
}

function optionsOf(fn: RegisteredFunction): string[] {
  return [
    ...(fn.config.concurrency ?? []).map(
      (one) => `concurrency ${one.limit}${one.key ? ` by ${one.key}` : ""}`,
    ),
    ...(fn.config.idempotency ? [`idempotency ${fn.config.idempotency}`] : []),
    ...(fn.config.cancel ?? []).map((one) => `cancelled by ${one.event}${one.if ? ` if ${one.if}` : ""}`),
  ];
}

export function nameOf(context: Context, slug: string): string {
  return context.registry().functions.get(slug)?.name ?? slug;
}

/** A link to the next page of a list; nothing on the last one. */
export function older(
  path: string,
  query: Record<string, string | null>,
  last: string | undefined,
): Html | string {
  if (last === undefined) return "";
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  parameters.set("cursor", last);
  return html`<p><a href="${path}?${parameters.toString()}">Older</a></p>`;
}
