// What is going on: the app, the work, the clock, and what came last.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { countJobs, listEvents, listRuns } from "../store/queries.ts";
import { badge, formatDuration, formatTime, type Html } from "./format.ts";
import { layout } from "./layout.ts";
import { eventsTable, functionsTable, runsTable } from "./parts.ts";

export async function overviewPage(context: Context): Promise<Html> {
  const page = { limit: 15, before: null };
  const [counts, runs, events] = await Promise.all([
    countJobs(context.sql, context.clock.now()),
    listRuns(context.sql, page, {}),
    listEvents(context.sql, page, null),
  ]);
  const active = [...context.registry().functions.values()].filter((fn) => fn.archivedAtMs === null);
  return layout(
    context,
    "/",
    "Overview",
    html`${appSection(context)}
<section><h2>Work</h2>
<div class="counts">
<div><b>${counts.executing}</b>calls under way</div>
<div><b>${counts.due}</b>waiting for a place</div>
<div><b>${counts.scheduled}</b>scheduled for later</div>
</div></section>
${context.hasClockApi ? clockSection(context) : ""}
<section><h2>Recent runs</h2>${runsTable(context, runs)}<p><a href="/runs">All runs</a></p></section>
<section><h2>Recent events</h2>${eventsTable(events)}<p><a href="/events">All events</a></p></section>
<section><h2>Functions</h2>${functionsTable(active)}</section>`,
  );
}

function appSection(context: Context): Html {
  const { appName, sdk, framework, syncedAtMs, error, isReachable } = context.sync.state;
  const state =
    error === null
      ? badge("ok", "Functions taken over")
      : isReachable
        ? badge("bad", "Refused")
        : badge("wait", "Not reachable");
  return html`<section><h2>App</h2>
<dl>
<dt>State</dt><dd>${state}</dd>
<dt>Name</dt><dd>${appName ?? html`<span class="muted">not known yet</span>`}</dd>
<dt>Address</dt><dd class="mono">${context.appUrl.href}</dd>
<dt>SDK</dt><dd>${[sdk, framework].filter(Boolean).join(", ") || html`<span class="muted">not known yet</span>`}</dd>
<dt>Last taken over</dt><dd>${syncedAtMs === null ? html`<span class="muted">not since this start</span>` : formatTime(syncedAtMs)}</dd>
<dt>Signatures</dt><dd>${context.signingKey === null ? "none (dev style)" : "every call is signed"}</dd>
</dl>
${error === null ? "" : html`<p class="notice">${error}</p>`}
</section>`;
}

function clockSection(context: Context): Html {
  const offsetMs = context.clock.offsetMs();
  return html`<section><h2>Clock</h2>
<p>${formatTime(context.clock.now())} ${
    offsetMs === 0
      ? html`<span class="muted">real time</span>`
      : html`<span class="muted">${formatDuration(offsetMs)} ahead of real time</span>`
  }</p>
<form method="post" action="/clock"><label for="advance">Forward by</label>
<input type="text" id="advance" name="advance" value="60s" required pattern="([0-9]+(ms|[wdhms]))+" title="For example 60s, 15m or 1h30m">
<button type="submit" id="advance-by">Move</button></form>
<form method="post" action="/clock"><input type="hidden" name="next" value="1"><button type="submit" id="advance-next">To the next due job</button></form>
</section>`;
}
