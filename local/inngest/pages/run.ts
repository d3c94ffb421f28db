// One run: what happened, step by step, with every attempt, and what comes next.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { isObject, parseJson } from "../json.ts";
import { findRun, listSteps, type RunItem } from "../store/queries.ts";
import type { Attempt, StepRow } from "../store/steps.ts";
import {
  badge,
  formatDuration,
  formatIn,
  formatJson,
  formatTime,
  type Html,
  runBadge,
  stepBadge,
} from "./format.ts";
import { layout } from "./layout.ts";
import { nameOf } from "./parts.ts";

export async function runPage(context: Context, id: string): Promise<Html | null> {
  const run = await findRun(context.sql, id);
  if (!run) return null;
  const steps = await listSteps(context.sql, id);
  const now = context.clock.now();
  return layout(
    context,
    "/runs",
    nameOf(context, run.function_slug),
    html`<section>
<dl>
<dt>Status</dt><dd>${runBadge(run, now)}</dd>
<dt>Run</dt><dd class="mono">${run.id}</dd>
<dt>Function</dt><dd class="mono">${run.function_slug}</dd>
<dt>Started by</dt><dd><a href="/events/${run.event_id}">${run.event_name}</a>${run.cron === null ? "" : ` (cron ${run.cron})`}</dd>
${run.parent_run_id === null ? "" : html`<dt>Invoked by</dt><dd class="mono"><a href="/runs/${run.parent_run_id}">${run.parent_run_id}</a></dd>`}
${run.original_run_id === null ? "" : html`<dt>Again of</dt><dd class="mono"><a href="/runs/${run.original_run_id}">${run.original_run_id}</a></dd>`}
<dt>Queued</dt><dd>${formatTime(run.created_at_ms)}</dd>
<dt>First call</dt><dd>${formatTime(run.started_at_ms)}</dd>
<dt>${run.ended_at_ms === null ? "Next" : "Ended"}</dt><dd>${run.ended_at_ms === null ? nextText(run, now) : html`${formatTime(run.ended_at_ms)} <span class="muted">after ${formatDuration(run.ended_at_ms - run.created_at_ms)}</span>`}</dd>
<dt>Attempts</dt><dd>up to ${run.max_attempts} for each step</dd>
</dl>
${run.status === "Running" ? html`<form method="post" action="/runs/${run.id}/cancel"><button type="submit" id="cancel">Cancel this run</button></form>` : ""}
<form method="post" action="/runs/${run.id}/rerun"><button type="submit" id="rerun">Run again with the same event</button></form>
</section>
<section><h2>Steps</h2>${stepsTable(run, steps, now)}</section>
${run.attempts.length === 0 ? "" : html`<section><h2>Failed calls between steps</h2>${attemptsTable(run.attempts, now)}</section>`}
${run.error === null ? "" : html`<section><h2>Error</h2>${errorText(run.error)}</section>`}
${run.status === "Completed" ? html`<section><h2>Result</h2>${formatJson(run.output)}</section>` : ""}
<section><h2>Event</h2>${formatJson(run.event_payload)}</section>`,
  );
}

function nextText(run: RunItem, now: number): Html {
  if (run.is_executing) return html`<span class="muted">a call is under way</span>`;
  if (run.next_at_ms === null) return html`<span class="muted">not yet</span>`;
  return html`${formatTime(run.next_at_ms)} <span class="muted">${formatIn(run.next_at_ms, now)}</span>`;
}

function stepsTable(run: RunItem, steps: readonly StepRow[], now: number): Html {
  if (steps.length === 0) return html`<p class="muted">No step has been reported yet.</p>`;
  const from = run.created_at_ms;
  const until = Math.max(run.ended_at_ms ?? now, ...steps.map((step) => step.ended_at_ms ?? now), from + 1);
  return html`<div class="scroll"><table>
<thead><tr><th>Step</th><th>State</th><th>Started</th><th class="num">Took</th><th>Timeline</th></tr></thead>
<tbody>${steps.map(
    (step) => html`<tr>
<td>${step.name || step.op}<br><span class="muted">${kindOf(step)}</span></td>
<td>${stepBadge(step, now)}</td>
<td>${formatTime(startOf(step))}</td>
<td class="num">${formatDuration((step.ended_at_ms ?? now) - startOf(step))}</td>
<td>${bar(step, from, until, now)}</td>
</tr>
<tr><td colspan="5">${stepDetails(step, now)}</td></tr>`,
  )}</tbody></table></div>`;
}

function kindOf(step: StepRow): string {
  const kinds: Readonly<Record<string, string>> = {
    Sleep: "sleep",
    WaitForEvent: `wait for ${step.wait_event}`,
    InvokeFunction: "invoke",
  };
  const tries = step.attempts.length;
  return kinds[step.op] ?? (tries > 1 ? `step, ${tries} attempts` : "step");
}

function startOf(step: StepRow): number {
  return step.attempts[0]?.started_at_ms ?? step.started_at_ms;
}

/** One bar for the whole step, or one per attempt; numbers are percent of the run's time. */
function bar(step: StepRow, from: number, until: number, now: number): Html {
  const percent = (ms: number) => Math.min(Math.max(((ms - from) / (until - from)) * 100, 0), 100);
  const spans =
    step.attempts.length > 0
      ? step.attempts.map((attempt) => ({
          start: attempt.started_at_ms,
          end: attempt.ended_at_ms,
          kind: attempt.outcome === "ok" ? "ok" : attempt.outcome === "retry" ? "wait" : "bad",
        }))
      : [
          {
            start: step.started_at_ms,
            end: step.ended_at_ms ?? now,
            kind: step.ended_at_ms === null ? "busy" : "off",
          },
        ];
  return html`<svg class="bar" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="${step.name}: ${formatDuration(startOf(step) - from)} after the start, for ${formatDuration((step.ended_at_ms ?? now) - startOf(step))}">
<rect class="track" x="0" y="5" width="100" height="4"></rect>
${spans.map((span) => {
  const x = percent(span.start);
  return html`<g class="${span.kind}"><rect x="${x.toFixed(3)}" y="2" width="${Math.max(percent(span.end) - x, 0.8).toFixed(3)}" height="10"></rect></g>`;
})}</svg>`;
}

function stepDetails(step: StepRow, now: number): Html {
  return html`<details id="step-${step.id}"><summary class="muted">Output${step.attempts.length > 0 ? " and attempts" : ""}</summary>
${step.memo === null ? html`<p class="muted">Nothing yet.</p>` : step.state === "failed" ? errorText(step.memo) : formatJson(step.memo)}
${step.wait_if === null ? "" : html`<p class="mono">if ${step.wait_if}</p>`}
${step.attempts.length === 0 ? "" : attemptsTable(step.attempts, now)}
<p class="mono muted">${step.id}</p></details>`;
}

function attemptsTable(attempts: readonly Attempt[], now: number): Html {
  return html`<div class="scroll"><table>
<thead><tr><th class="num">Attempt</th><th>Outcome</th><th>Started</th><th class="num">Took</th><th>Error</th><th>Next</th></tr></thead>
<tbody>${attempts.map(
    (attempt) => html`<tr>
<td class="num">${attempt.attempt + 1}</td>
<td>${attempt.outcome === "ok" ? badge("ok", "Succeeded") : attempt.outcome === "retry" ? badge("wait", "Failed") : badge("bad", "Failed for good")}</td>
<td>${formatTime(attempt.started_at_ms)}</td>
<td class="num">${formatDuration(attempt.ended_at_ms - attempt.started_at_ms)}</td>
<td>${attempt.error ? `${attempt.error.name}: ${attempt.error.message}` : ""}</td>
<td>${attempt.retry_at_ms === undefined ? "" : html`${formatTime(attempt.retry_at_ms)} <span class="muted">${attempt.retry_at_ms > now ? formatIn(attempt.retry_at_ms, now) : ""}</span>`}</td>
</tr>`,
  )}</tbody></table></div>`;
}

function errorText(json: string): Html {
  const parsed = parseJson(json);
  const error = isObject(parsed) && isObject(parsed.error) ? parsed.error : parsed;
  if (!isObject(error)) return formatJson(json);
  return html`<p class="notice"><b>${String(error.name ?? "Error")}</b>: ${String(error.message ?? "")}</p>
${typeof error.stack === "string" ? html`<pre>${error.stack}</pre>` : ""}`;
}
