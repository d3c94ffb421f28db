// The rows of a waterfall: each opens to what a step was given, what came out of it, and every attempt.
import { html } from "hono/html";
import { parseJson } from "../json.ts";
import { isInputMemo } from "../reruns.ts";
import type { ChildRun, RunLink } from "../store/lookups.ts";
import type { RunItem } from "../store/queries.ts";
import type { Attempt, StepRow } from "../store/steps.ts";
import {
  badge,
  formatDuration,
  formatError,
  formatIn,
  formatJson,
  formatMemo,
  formatTime,
  type Html,
  stepBadge,
} from "./format.ts";
import type { Row, Waterfall } from "./spans.ts";
import { drawScale, drawSpans } from "./waterfall.ts";

type View = {
  run: RunItem;
  waterfall: Waterfall;
  children: readonly ChildRun[];
  canRerun: boolean;
  linkOf: (run: RunLink) => Html;
  now: number;
};

export function drawRows(view: View): Html {
  const { run, waterfall, now } = view;
  const totalMs = (run.ended_at_ms ?? now) - run.created_at_ms;
  return html`<div class="waterfall">
<div class="row head"><span class="what small muted">${run.ended_at_ms === null ? "so far" : "in all"} ${formatDuration(totalMs)}</span>${drawScale(waterfall)}</div>
<ol>${waterfall.rows.map((row) => html`<li>${drawRow(view, row)}</li>`)}</ol></div>`;
}

function drawRow(view: View, row: Row): Html {
  const { run, waterfall, now } = view;
  switch (row.kind) {
    case "queue": {
      const tookMs = (row.spans[0]?.untilMs ?? now) - run.created_at_ms;
      const label = `In the queue for ${formatDuration(tookMs)}`;
      return html`<div class="row"><span class="what"><span class="name muted">Queue</span></span>${drawSpans(waterfall, row.spans, label)}<span class="took">${formatDuration(tookMs)}</span></div>`;
    }
    case "code": {
      const failures = row.attempts.length;
      const state = row.isExecuting ? badge("busy", "Call under way") : badge("bad", "Failed calls");
      const label = `Code between steps: ${failures} failed ${failures === 1 ? "call" : "calls"}${row.isExecuting ? ", one under way" : ""}`;
      const line = html`<span class="what"><span class="name">Function code</span>${state}</span>${drawSpans(waterfall, row.spans, label)}<span class="took"></span>`;
      if (failures === 0) return html`<div class="row">${line}</div>`;
      return html`<details id="code"><summary class="row">${line}</summary><div class="inside">${attemptsTable(row.attempts, now)}</div></details>`;
    }
    case "step": {
      const { step } = row;
      const tookMs = (step.ended_at_ms ?? now) - step.started_at_ms;
      return html`<details id="step-${step.id}"><summary class="row"><span class="what"><span class="name">${step.name || step.op}</span>${stepBadge(step, row.isExecuting, now)}${extraOf(run, step)}</span>${drawSpans(waterfall, row.spans, describe(run, step, now))}<span class="took">${formatDuration(tookMs)}</span></summary>
<div class="inside">${stepDetails(view, step)}</div></details>`;
    }
  }
}

/** A rerun from a later step found this result there already. */
function isTakenOver(run: RunItem, step: StepRow): boolean {
  return (
    run.original_run_id !== null && step.started_at_ms === step.ended_at_ms && step.attempts.length === 0
  );
}

function extraOf(run: RunItem, step: StepRow): Html | string {
  if (isTakenOver(run, step)) return html`<span class="small muted">taken over</span>`;
  return step.attempts.length > 1
    ? html`<span class="small muted">${step.attempts.length} attempts</span>`
    : "";
}

/** What the bars show, for those who do not see them. */
function describe(run: RunItem, step: StepRow, now: number): string {
  const afterMs = step.started_at_ms - run.created_at_ms;
  const tries = step.attempts.length > 1 ? `, in ${step.attempts.length} attempts` : "";
  return `${step.name || step.op}: ${formatDuration(afterMs)} after the run was queued, for ${formatDuration((step.ended_at_ms ?? now) - step.started_at_ms)}${tries}`;
}

const KINDS: Readonly<Record<string, string>> = {
  Sleep: "sleep",
  WaitForEvent: "wait for an event",
  InvokeFunction: "invocation",
};

function stepDetails(view: View, step: StepRow): Html {
  const { run, now, canRerun } = view;
  const children = view.children.filter((child) => child.parent_step_id === step.id);
  const first = step.attempts[0];
  const queuedMs = first === undefined ? 0 : first.started_at_ms - step.started_at_ms;
  return html`<dl>
<dt>Kind</dt><dd>${KINDS[step.op] ?? "step"}</dd>
<dt>Reported</dt><dd>${formatTime(step.started_at_ms)}</dd>
${queuedMs > 0 ? html`<dt>In the queue</dt><dd>${formatDuration(queuedMs)}</dd>` : ""}
${step.ended_at_ms === null ? "" : html`<dt>Ended</dt><dd>${formatTime(step.ended_at_ms)}</dd>`}
${step.due_at_ms === null ? "" : html`<dt>${dueWord(step)}</dt><dd>${formatTime(step.due_at_ms)}${step.ended_at_ms === null ? html` <span class="muted">${formatIn(step.due_at_ms, now)}</span>` : ""}</dd>`}
${step.wait_event === null ? "" : html`<dt>Event</dt><dd>${step.wait_event}${step.wait_if === null ? "" : html`<br><span class="mono muted">if ${step.wait_if}</span>`}</dd>`}
${children.length === 0 ? "" : html`<dt>Invoked run</dt><dd>${children.map(view.linkOf)}</dd>`}
</dl>
${step.input == null ? "" : html`<h3>Input</h3>${formatJson(step.input)}`}
${step.op === "Sleep" ? "" : outcomeOf(step)}
${step.attempts.every((attempt) => attempt.outcome === "ok") ? "" : html`<h3>Attempts</h3>${attemptsTable(step.attempts, now)}`}
${canRerun ? rerunForms(run, step) : ""}
<p class="small mono muted">${step.id}</p>`;
}

/** With the input it had, and, if it had one, with another. */
function rerunForms(run: RunItem, step: StepRow): Html {
  const from = html`<input type="hidden" name="from" value="${step.id}">`;
  const id = `input-${step.id}`;
  return html`<form method="post" action="/runs/${run.id}/rerun">${from}<button type="submit" id="rerun-${step.id}">Rerun from here</button></form>
${
  step.input == null || step.op === "InvokeFunction"
    ? ""
    : html`<details id="${id}-form"><summary>Rerun from here with another input</summary>
<form method="post" action="/runs/${run.id}/rerun" class="stack">${from}<div class="field"><label for="${id}">Arguments, a JSON list</label>
<textarea id="${id}" name="input" rows="6" spellcheck="false" autocapitalize="off" autocomplete="off" required>
${JSON.stringify(parseJson(step.input), null, 2)}</textarea></div><div class="buttons"><button type="submit" id="${id}-send">Rerun</button></div></form></details>`
}`;
}

function dueWord(step: StepRow): string {
  if (step.op === "Sleep") return "Sleeps until";
  return step.wait_event !== null || step.op === "InvokeFunction" ? "Gives up" : "Next attempt";
}

function outcomeOf(step: StepRow): Html {
  if (step.memo === null || isInputMemo(step.memo))
    return html`<h3>Output</h3><p class="muted">Nothing yet.</p>`;
  return step.state === "failed"
    ? html`<h3>Error</h3>${formatError(step.memo, `step-${step.id}`)}`
    : html`<h3>Output</h3>${formatMemo(step.memo)}`;
}

function attemptsTable(attempts: readonly Attempt[], now: number): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Attempts"><table>
<thead><tr><th class="num">Attempt</th><th>Outcome</th><th>Started</th><th class="num">Took</th><th>Error</th><th>Next</th></tr></thead>
<tbody>${attempts.map(
    (attempt) => html`<tr>
<td class="num">${attempt.attempt + 1}</td>
<td>${attempt.outcome === "ok" ? badge("ok", "Succeeded") : attempt.outcome === "retry" ? badge("wait", "Failed") : badge("bad", "Failed for good")}</td>
<td>${formatTime(attempt.started_at_ms)}</td>
<td class="num">${formatDuration(attempt.ended_at_ms - attempt.started_at_ms)}</td>
<td class="text">${attempt.error ? `${attempt.error.name}: ${attempt.error.message}` : ""}</td>
<td>${attempt.retry_at_ms === undefined ? "" : html`${formatTime(attempt.retry_at_ms)} <span class="muted">${attempt.retry_at_ms > now ? formatIn(attempt.retry_at_ms, now) : ""}</span>`}</td>
</tr>`,
  )}</tbody></table></div>`;
}
