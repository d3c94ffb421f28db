// Lists of runs, events and functions, and one event.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { findEvents, listEvents, listRuns, type Page } from "../store/queries.ts";
import type { RunStatus } from "../store/runs.ts";
import { formatJson, formatTime, type Html } from "./format.ts";
import { layout } from "./layout.ts";
import { eventsTable, functionsTable, older, runsTable } from "./parts.ts";

const STATUSES: readonly RunStatus[] = ["Running", "Completed", "Failed", "Cancelled"];

export function readStatus(text: string | undefined): RunStatus | null {
  return STATUSES.find((status) => status === text) ?? null;
}

export async function runsPage(
  context: Context,
  page: Page,
  filter: { status: RunStatus | null; functionSlug: string | null },
): Promise<Html> {
  const runs = await listRuns(context.sql, page, filter);
  const last = runs.length === page.limit ? runs.at(-1)?.id : undefined;
  const functions = [...context.registry().functions.values()];
  const option = (value: string, text: string, chosen: string | null) =>
    html`<option value="${value}" ${value === (chosen ?? "") ? html`selected` : ""}>${text}</option>`;
  return layout(
    context,
    "/runs",
    "Runs",
    html`<form method="get" action="/runs">
<label for="status">Status</label>
<select id="status" name="status">${option("", "any", filter.status)}${STATUSES.map((status) => option(status, status, filter.status))}</select>
<label for="function">Function</label>
<select id="function" name="function">${option("", "any", filter.functionSlug)}${functions.map((fn) => option(fn.slug, fn.name, filter.functionSlug))}</select>
<button type="submit">Show</button></form>
<section>${runsTable(context, runs)}</section>
${older("/runs", { status: filter.status, function: filter.functionSlug }, last)}`,
  );
}

export async function eventsPage(context: Context, page: Page, name: string | null): Promise<Html> {
  const events = await listEvents(context.sql, page, name);
  const last = events.length === page.limit ? events.at(-1)?.id : undefined;
  return layout(
    context,
    "/events",
    name === null ? "Events" : `Events ${name}`,
    html`<p class="muted">Events about runs (inngest/function.…) are shown by name:
<a href="/events?name=inngest/function.failed">failed</a>,
<a href="/events?name=inngest/function.finished">finished</a>,
<a href="/events?name=inngest/function.cancelled">cancelled</a>.</p>
<section>${eventsTable(events)}</section>${older("/events", { name }, last)}`,
  );
}

export async function eventPage(context: Context, id: string): Promise<Html | null> {
  const [event] = await findEvents(context.sql, id);
  if (!event) return null;
  const runs = await listRuns(context.sql, { limit: 100, before: null }, { eventIds: [event.id] });
  return layout(
    context,
    "/events",
    event.name,
    html`<section><dl>
<dt>Event</dt><dd class="mono">${event.id}</dd>
<dt>Sender's id</dt><dd class="mono">${event.external_id ?? html`<span class="muted">none</span>`}</dd>
<dt>Received</dt><dd>${formatTime(event.received_at_ms)}</dd>
<dt>Sender's time</dt><dd>${formatTime(event.ts_ms)} <span class="muted">real time</span></dd>
</dl></section>
<section><h2>Runs</h2>${runsTable(context, runs)}</section>
<section><h2>As functions see it</h2>${formatJson(event.payload)}</section>`,
  );
}

export function functionsPage(context: Context): Html {
  const functions = [...context.registry().functions.values()];
  return layout(context, "/functions", "Functions", html`<section>${functionsTable(functions)}</section>`);
}
