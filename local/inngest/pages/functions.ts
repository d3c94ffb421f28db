// The app's functions: the list, and one of them with the form that invokes it.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import type { RegisteredFunction } from "../registry.ts";
import type { CronRow } from "../store/functions.ts";
import { listCrons } from "../store/lookups.ts";
import { listRuns } from "../store/queries.ts";
import { badge, formatIn, formatTime, type Html } from "./format.ts";
import { layout } from "./layout.ts";
import { jsonField, runsTable } from "./parts.ts";

export async function functionsPage(context: Context): Promise<Html> {
  const functions = [...context.registry().functions.values()];
  const crons = await listCrons(context.sql);
  return layout(context, {
    path: "/functions",
    title: "Functions",
    main: html`<section id="functions" data-live>${functionsTable(context, functions, crons)}</section>`,
  });
}

function functionsTable(
  context: Context,
  functions: readonly RegisteredFunction[],
  crons: readonly CronRow[],
): Html {
  if (functions.length === 0)
    return html`<p class="empty">The app has registered no functions yet. <a href="/app">How the app is doing</a></p>`;
  return html`<div class="scroll"><table>
<thead><tr><th>Function</th><th>Triggers</th><th class="num">Retries</th><th class="wide">Options</th><th class="wide">State</th></tr></thead>
<tbody>${functions.map(
    (fn) => html`<tr>
<td><a href="/functions/${encodeURIComponent(fn.slug)}" id="function-${fn.slug}">${fn.name}</a><br><span class="mono muted">${fn.slug}</span></td>
<td>${triggersOf(context, fn, crons)}</td>
<td class="num">${fn.maxAttempts - 1}</td>
<td class="wide">${optionsOf(fn).map((line) => html`<div>${line}</div>`)}</td>
<td class="wide">${stateOf(fn)}</td>
</tr>`,
  )}</tbody></table></div>`;
}

function stateOf(fn: RegisteredFunction): Html {
  return fn.archivedAtMs === null ? badge("ok", "Active") : badge("off", "Removed by the app");
}

function triggersOf(context: Context, fn: RegisteredFunction, crons: readonly CronRow[]): Html {
  const now = context.clock.now();
  if (fn.config.triggers.length === 0) return html`<span class="muted">invoked only</span>`;
  return html`${fn.config.triggers.map((trigger) => {
    if ("event" in trigger)
      return html`<div>${trigger.event}${trigger.expression ? html`<br><span class="mono muted">if ${trigger.expression}</span>` : ""}</div>`;
    const next = crons.find(
      (cron) => cron.function_slug === fn.slug && cron.expression === trigger.cron,
    )?.next_at_ms;
    return html`<div>cron <span class="mono">${trigger.cron}</span>${
      next === undefined || fn.archivedAtMs !== null
        ? ""
        : html`<br><span class="small muted">next ${formatTime(next)}, ${formatIn(next, now)}</span>`
    }</div>`;
  })}`;
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

/** `draft` is what was typed and refused; null when nothing was. */
export async function functionPage(
  context: Context,
  slug: string,
  draft: { value: string; error: string } | null,
): Promise<Html | null> {
  const fn = context.registry().functions.get(slug);
  if (!fn) return null;
  const page = { limit: 15, before: null };
  const [crons, runs] = await Promise.all([
    listCrons(context.sql),
    listRuns(context.sql, page, { functionSlug: slug }),
  ]);
  const options = optionsOf(fn);
  const event = fn.config.triggers.find((trigger) => "event" in trigger);
  return layout(context, {
    path: "/functions",
    title: fn.name,
    aside: html`<div class="buttons">${stateOf(fn)}${event && "event" in event && fn.archivedAtMs === null ? html`<a class="button" href="/events/send?name=${encodeURIComponent(event.event)}">Send its event</a>` : ""}</div>`,
    main: html`<section id="facts" data-live><dl>
<dt>Id</dt><dd class="mono">${fn.slug}</dd>
<dt>Triggers</dt><dd>${triggersOf(context, fn, crons)}</dd>
<dt>Retries</dt><dd>${fn.maxAttempts - 1} <span class="muted">of each step, after the first attempt</span></dd>
<dt>Options</dt><dd>${options.length === 0 ? html`<span class="muted">none</span>` : options.map((line) => html`<div>${line}</div>`)}</dd>
</dl></section>
${fn.archivedAtMs === null ? invokeForm(fn, draft) : ""}
<section id="runs" data-live><h2>Recent runs</h2>${runsTable(context, runs, "It has not run yet.")}
${runs.length === 0 ? "" : html`<p><a href="/runs?function=${encodeURIComponent(slug)}">All its runs</a></p>`}</section>`,
  });
}

function invokeForm(fn: RegisteredFunction, draft: { value: string; error: string } | null): Html {
  return html`<section><h2>Invoke</h2>
<form method="post" action="/functions/${encodeURIComponent(fn.slug)}/invoke" class="stack">
${jsonField({
  name: "payload",
  label: "Payload",
  hint: html`JSON with <code>data</code>, an object, and if you like <code>user</code>. The function runs by itself, whatever its triggers are, for an event <code>inngest/function.invoked</code>.`,
  value: draft?.value ?? JSON.stringify({ data: {} }, null, 2),
  error: draft?.error ?? null,
})}
<div class="buttons"><button type="submit" class="primary" id="invoke">Invoke</button></div>
</form></section>`;
}
