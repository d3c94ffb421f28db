// Events: the list, one of them, and the form that sends some.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { parsePayload } from "../registry.ts";
import { parseDuration } from "../schedule.ts";
import type { EventRow } from "../store/events.ts";
import { listRunsOfEvents } from "../store/lookups.ts";
import { type EventFilter, findEvents, listEvents, listRuns, type Page } from "../store/queries.ts";
import { formatJson, formatTime, type Html } from "./format.ts";
import { layout } from "./layout.ts";
import { eventsList, jsonField, leftOut, pager, runsTable } from "./parts.ts";
import { WITHIN } from "./runs.ts";

export async function eventsPage(
  context: Context,
  page: Page,
  filter: { search: string; within: string; isWithinUnread: boolean; withInternal: boolean },
): Promise<Html> {
  const withinMs = parseDuration(filter.within);
  const wanted: EventFilter = {
    search: filter.search || null,
    fromMs: withinMs === null ? null : context.clock.now() - withinMs,
    withInternal: filter.withInternal,
  };
  const events = await listEvents(context.sql, page, wanted);
  const runs = await listRunsOfEvents(
    context.sql,
    events.map((event) => event.id),
  );
  const entries = [
    ...(filter.search === "" ? [] : [["q", filter.search] as const]),
    ...(filter.within === "" ? [] : [["within", filter.within] as const]),
    ...(filter.withInternal ? [["internal", "1"] as const] : []),
  ];
  const empty =
    entries.length > 0
      ? html`No event is like that. <a href="/events">Show all</a>`
      : html`Nothing has been sent yet. <a href="/events/send">Send an event</a>`;
  const names = new Set(
    [...context.registry().functions.values()].flatMap((fn) =>
      fn.config.triggers.flatMap((trigger) => ("event" in trigger ? [trigger.event] : [])),
    ),
  );
  return layout(context, {
    path: "/events",
    title: "Events",
    aside: html`<a class="button primary" href="/events/send">Send event</a>`,
    main: html`<form method="get" action="/events" class="filter" role="search" aria-label="Events">
<div class="field grow"><label for="q">Name, id or sender's id</label><input type="search" id="q" name="q" list="names" value="${filter.search}" autocomplete="off" spellcheck="false">
<datalist id="names">${[...names].map((name) => html`<option value="${name}"></option>`)}</datalist></div>
<div class="field"><label for="within">Received</label>
<select id="within" name="within">${WITHIN.map(([value, text]) => html`<option value="${value}" ${value === filter.within ? html`selected` : ""}>${text}</option>`)}</select></div>
<label class="check"><input type="checkbox" name="internal" value="1" ${filter.withInternal ? html`checked` : ""}>also what the engine says about runs (inngest/function.…)</label>
<div class="buttons"><button type="submit" class="primary">Show</button><a href="/events">Clear</a></div>
</form>
${filter.isWithinUnread ? leftOut(["Received"]) : ""}
<section id="events" data-live aria-label="Events">${eventsList(context, events, runs, empty)}
${pager("/events", entries, { last: events.length === page.limit ? events.at(-1)?.id : undefined, isFirst: page.before === null })}</section>`,
  });
}

export async function eventPage(context: Context, id: string): Promise<Html | null> {
  const [event] = await findEvents(context.sql, id);
  if (!event) return null;
  const runs = await listRuns(context.sql, { limit: 100, before: null }, { eventIds: [event.id] });
  return layout(context, {
    path: "/events",
    title: event.name,
    aside: isOwn(event.name)
      ? html``
      : html`<a class="button" href="/events/send?event=${event.id}">Send one like it</a>`,
    main: html`<section><dl>
<dt>Event</dt><dd class="mono">${event.id}</dd>
<dt>Sender's id</dt><dd class="mono">${event.external_id ?? html`<span class="muted">none</span>`}</dd>
<dt>Received</dt><dd>${formatTime(event.received_at_ms)}</dd>
<dt>Sender's time</dt><dd>${formatTime(event.ts_ms)} <span class="muted">real time</span></dd>
</dl></section>
<section id="runs" data-live><h2>Runs</h2>${runsTable(context, runs, await whyNothing(context, event))}</section>
<section><h2>Payload, as functions see it</h2>${formatJson(event.payload)}</section>`,
  });
}

/** Events of the engine itself; nobody else may send one. */
function isOwn(name: string): boolean {
  return name.startsWith("inngest/");
}

/** The two reasons why an event starts nothing. */
async function whyNothing(context: Context, event: EventRow): Promise<Html | string> {
  const starts = context.registry().startedBy(event.name, parsePayload(event.payload));
  if (starts.length === 0) return "It started nothing: no function has a trigger that it matches.";
  const same = event.external_id === null ? [] : await findEvents(context.sql, event.external_id);
  const earlier = same.filter((one) => one.id < event.id).at(-1);
  return earlier
    ? html`It started nothing: <a href="/events/${earlier.id}">an event with the same id</a> had come within 24 hours.`
    : "It started nothing: a function that it matches now was not there when it came, or had run for the same idempotency key within 24 hours.";
}

const EXAMPLE = { name: "example/event", data: {} };

/** What the form begins with: a copy of an event, one of this name, or an example. */
export async function readDraft(context: Context, eventId: string, name: string): Promise<string> {
  const [event] = eventId === "" ? [] : await findEvents(context.sql, eventId);
  if (!event) return JSON.stringify(name === "" ? EXAMPLE : { name, data: {} }, null, 2);
  const { id: _id, ts: _ts, user, ...rest } = parsePayload(event.payload);
  const { name: eventName, ...others } = rest;
  const isEmpty = typeof user === "object" && user !== null && Object.keys(user).length === 0;
  return JSON.stringify({ name: eventName, ...others, ...(isEmpty ? {} : { user }) }, null, 2);
}

export function sendPage(context: Context, value: string, error: string | null): Html {
  return layout(context, {
    path: "/events",
    title: "Send event",
    main: html`<section><form method="post" action="/events/send" class="stack">
${jsonField({
  name: "event",
  label: "Event",
  hint: html`JSON: one event with <code>name</code> and <code>data</code>, or a list of events. It may have <code>id</code> (the same one starts nothing again for 24 hours), <code>ts</code> (milliseconds; in the future, runs wait until then), <code>user</code> and <code>v</code>.`,
  value,
  error,
})}
<div class="buttons"><button type="submit" class="primary">Send</button><a href="/events">Back to the events</a></div>
</form></section>`,
  });
}
