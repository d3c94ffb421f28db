// What is going on: the app, the work, the clock, and what came last.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { listRunsOfEvents } from "../store/lookups.ts";
import { countJobs, listEvents, listRuns } from "../store/queries.ts";
import { appFacts } from "./app.ts";
import { formatDuration, formatTime, type Html } from "./format.ts";
import { layout } from "./layout.ts";
import { eventsList, runsTable } from "./parts.ts";

export async function overviewPage(context: Context): Promise<Html> {
  const page = { limit: 10, before: null };
  const [counts, runs, events] = await Promise.all([
    countJobs(context.sql, context.clock.now()),
    listRuns(context.sql, page, {}),
    listEvents(context.sql, page, {}),
  ]);
  const started = await listRunsOfEvents(
    context.sql,
    events.map((event) => event.id),
  );
  return layout(context, {
    path: "/",
    title: "Overview",
    aside: html`<a class="button primary" href="/events/send">Send event</a>`,
    main: html`<div class="pair">
<section id="work" data-live><h2>Work</h2>
<div class="counts">
<div><b>${counts.executing}</b>calls under way</div>
<div><b>${counts.due}</b>waiting for a place</div>
<div><b>${counts.scheduled}</b>scheduled for later</div>
</div></section>
${context.hasClockApi ? clockSection(context) : ""}
</div>
<section id="runs" data-live><h2>Recent runs</h2>${runsTable(context, runs, "Nothing has run yet.")}<p><a href="/runs">All runs</a></p></section>
<section id="events" data-live><h2>Recent events</h2>${eventsList(context, events, started, "Nothing has been sent yet.")}<p><a href="/events">All events</a></p></section>
<section id="app" data-live><h2>App</h2>${appFacts(context)}</section>`,
  });
}

function clockSection(context: Context): Html {
  const offsetMs = context.clock.offsetMs();
  return html`<section><h2>Clock</h2>
<p id="clock" data-live>${formatTime(context.clock.now())} ${
    offsetMs === 0
      ? html`<span class="muted">real time</span>`
      : html`<span class="muted">${formatDuration(offsetMs)} ahead of real time</span>`
  }</p>
<div class="buttons">
<form method="post" action="/clock"><label for="advance">Forward by</label>
<input type="text" id="advance" name="advance" value="60s" required pattern="([0-9]+(ms|[wdhms]))+" title="For example 60s, 15m or 1h30m">
<button type="submit" id="advance-by">Move</button></form>
<form method="post" action="/clock"><input type="hidden" name="next" value="1"><button type="submit" id="advance-next">To the next due job</button></form>
</div></section>`;
}
