// How times, durations, states and JSON look on the page.
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { isObject, parseJson } from "../json.ts";
import type { RunItem } from "../store/queries.ts";
import type { StepRow } from "../store/steps.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** `1.2 s`, `4 min 5 s`, `3 d 2 h`. The page's script counts down in the same words. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(Math.round(ms), 0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** In full, to the millisecond. */
export function formatTime(ms: number | null): Html | string {
  if (ms === null) return "";
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 23)}</time>`;
}

/** For lists: without the day where it is today's. */
export function formatShort(ms: number, nowMs: number): Html {
  const iso = new Date(ms).toISOString();
  const isToday = iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  const shown = isToday ? iso.slice(11, 23) : `${iso.slice(5, 10)} ${iso.slice(11, 19)}`;
  return html`<time datetime="${iso}" title="${iso}">${shown}</time>`;
}

/** `in 58.0 s`, which the page's script counts down, or `now`. */
export function formatIn(ms: number, nowMs: number): Html {
  return html`<span data-until="${ms}">${ms <= nowMs ? "now" : `in ${formatDuration(ms - nowMs)}`}</span>`;
}

const SHOWN_MAX = 100_000;

/** JSON over several lines; text that is none as it is. */
export function formatJson(json: string | null): Html {
  if (json === null) return html`<p class="muted">none</p>`;
  const value = parseJson(json);
  const text = value === undefined ? json : JSON.stringify(value, null, 2);
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n… (${text.length} characters)` : text;
  return html`<pre tabindex="0">${shown}</pre>`;
}

/** What the app answered for a step, without the envelope in which the SDK keeps it. */
export function formatMemo(memo: string): Html {
  const parsed = parseJson(memo);
  return isObject(parsed) && "data" in parsed && Object.keys(parsed).length === 1
    ? formatJson(JSON.stringify(parsed.data))
    : formatJson(memo);
}

/** An error as the SDK serialized it: its name and sentence, and the stack folded away. */
export function formatError(json: string, id: string): Html {
  const parsed = parseJson(json);
  const error = isObject(parsed) && isObject(parsed.error) ? parsed.error : parsed;
  if (!isObject(error)) return formatJson(json);
  const { name, message, stack, cause } = error;
  return html`<p class="notice bad"><b>${String(name ?? "Error")}</b>: ${String(message ?? "")}</p>
${cause === undefined ? "" : html`<h4>Cause</h4>${formatJson(JSON.stringify(cause))}`}
${typeof stack === "string" ? html`<details id="${id}-stack"><summary>Stack</summary><pre tabindex="0">${stack}</pre></details>` : ""}`;
}

export type Tone = "ok" | "bad" | "wait" | "busy" | "off";

export function badge(tone: Tone, text: Html | string): Html {
  return html`<span class="badge ${tone}"><span class="dot" aria-hidden="true"></span><span>${text}</span></span>`;
}

/** What a run is doing now, in one word and, if it waits, until when. */
export function runBadge(run: RunItem, nowMs: number): Html {
  switch (run.status) {
    case "Completed":
      return badge("ok", "Completed");
    case "Failed":
      return badge("bad", "Failed");
    case "Cancelled":
      return badge("off", "Cancelled");
    case "Running":
      if (run.is_executing || run.next_at_ms === null) return badge("busy", "Running");
      return run.next_at_ms <= nowMs
        ? badge("wait", "Queued")
        : badge("wait", html`Waiting, ${formatIn(run.next_at_ms, nowMs)}`);
  }
}

export function stepBadge(step: StepRow, isExecuting: boolean, nowMs: number): Html {
  const due = step.due_at_ms === null ? "" : html`, ${formatIn(step.due_at_ms, nowMs)}`;
  switch (step.state) {
    case "completed":
      return badge("ok", step.op === "Sleep" ? "Slept" : "Completed");
    case "failed":
      return badge("bad", "Failed");
    case "timed_out":
      return badge("off", "Timed out");
    case "cancelled":
      return badge("off", "Cancelled");
    case "planned":
    case "retrying":
      if (isExecuting) return badge("busy", "Running");
      return step.attempts.length > 0 ? badge("wait", html`Retries${due}`) : badge("wait", "Planned");
    case "sleeping":
      return badge("wait", html`Sleeps${due}`);
    case "waiting":
      return badge("wait", html`Waits for ${step.wait_event}`);
    case "invoking":
      return badge("busy", "Invoking");
  }
}
