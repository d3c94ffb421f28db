// One run: what happened on a time axis, step by step, with every attempt, and what comes next.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { listChildren } from "../store/lookups.ts";
import { findRun, listJobs, listSteps, type RunItem } from "../store/queries.ts";
import {
  formatDuration,
  formatError,
  formatIn,
  formatJson,
  formatTime,
  type Html,
  runBadge,
} from "./format.ts";
import { layout } from "./layout.ts";
import { nameOf, runLink } from "./parts.ts";
import { drawRows } from "./rows.ts";
import { planWaterfall } from "./spans.ts";
import { drawLegend } from "./waterfall.ts";

export async function runPage(context: Context, id: string): Promise<Html | null> {
  const run = await findRun(context.sql, id);
  if (!run) return null;
  const [steps, jobs, children] = await Promise.all([
    listSteps(context.sql, id),
    listJobs(context.sql, id),
    listChildren(context.sql, id),
  ]);
  const now = context.clock.now();
  const waterfall = planWaterfall(run, steps, jobs, now);
  // What is under way grows on the page; what waits moves slowly.
  const every = run.ended_at_ms !== null ? "" : run.is_executing ? 1_000 : 5_000;
  const canRerun = context.registry().functions.get(run.function_slug)?.archivedAtMs === null;
  return layout(context, {
    path: "/runs",
    title: nameOf(context, run.function_slug),
    aside: html`<div id="actions" class="buttons" data-live>${runBadge(run, now)}
${run.status === "Running" ? html`<form method="post" action="/runs/${run.id}/cancel"><button type="submit" id="cancel">Cancel</button></form>` : ""}
${canRerun ? html`<form method="post" action="/runs/${run.id}/rerun"><button type="submit" id="rerun">Rerun</button></form>` : ""}</div>`,
    main: html`<section id="timeline" data-live ${every === "" ? "" : html`data-every="${every}"`}><h2>Timeline</h2>
${drawRows({ run, waterfall, children, canRerun, linkOf: (child) => runLink(context, child), now })}
${drawLegend(waterfall)}</section>
<div class="pair">
<section id="facts" data-live><h2>Run</h2>${factsOf(context, run, now)}</section>
<section id="outcome" data-live><h2>${run.error === null ? "Output" : "Error"}</h2>${outcomeOf(run)}</section>
</div>
<section><h2>Trigger</h2><p><a href="/events/${run.event_id}">${run.event_name}</a>${run.cron === null ? "" : html` <span class="muted">cron ${run.cron}</span>`}</p>
<details id="trigger-payload" open><summary>Payload</summary>${formatJson(run.event_payload)}</details></section>`,
  });
}

function factsOf(context: Context, run: RunItem, now: number): Html {
  return html`<dl>
<dt>Run</dt><dd class="mono">${run.id}</dd>
<dt>Function</dt><dd><a href="/functions/${encodeURIComponent(run.function_slug)}" class="mono">${run.function_slug}</a></dd>
${run.parent_run_id === null ? "" : html`<dt>Invoked by</dt><dd><a class="mono" href="/runs/${run.parent_run_id}">${run.parent_run_id}</a></dd>`}
${run.original_run_id === null ? "" : html`<dt>Again of</dt><dd><a class="mono" href="/runs/${run.original_run_id}">${run.original_run_id}</a></dd>`}
<dt>Queued</dt><dd>${formatTime(run.created_at_ms)}</dd>
<dt>First call</dt><dd>${run.started_at_ms === null ? html`<span class="muted">not answered yet</span>` : html`${formatTime(run.started_at_ms)} <span class="muted">after ${formatDuration(run.started_at_ms - run.created_at_ms)}</span>`}</dd>
<dt>${run.ended_at_ms === null ? "Next call" : "Ended"}</dt><dd>${run.ended_at_ms === null ? nextText(run, now) : html`${formatTime(run.ended_at_ms)} <span class="muted">after ${formatDuration(run.ended_at_ms - run.created_at_ms)}</span>`}</dd>
<dt>Attempts</dt><dd>up to ${run.max_attempts} <span class="muted">of each step</span></dd>
<dt>App</dt><dd>${context.sync.state.appName ?? ""}</dd>
</dl>`;
}

function nextText(run: RunItem, now: number): Html {
  if (run.is_executing) return html`<span class="muted">one is under way</span>`;
  if (run.next_at_ms === null) return html`<span class="muted">not yet</span>`;
  return html`${formatTime(run.next_at_ms)} <span class="muted">${formatIn(run.next_at_ms, now)}</span>`;
}

function outcomeOf(run: RunItem): Html {
  if (run.error !== null) return formatError(run.error, "run-error");
  if (run.status === "Completed") return formatJson(run.output);
  return html`<p class="muted">${run.status === "Running" ? "Not there yet." : "None."}</p>`;
}
