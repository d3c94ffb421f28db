// How times, durations, states and JSON look on the page.
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { parseJson } from "../json.ts";
import type { RunItem } from "../store/queries.ts";
import type { StepRow } from "../store/steps.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** `1.2 s`, `4 min 5 s`, `3 d 2 h`. */
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

export function formatTime(ms: number | null): Html | string {
  if (ms === null) return "";
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 23)}</time>`;
}

export function formatIn(ms: number, nowMs: number): string {
  return ms <= nowMs ? "now" : `in ${formatDuration(ms - nowMs)}`;
}

export function formatJson(json: string | null): Html {
  if (json === null) return html`<p class="muted">none</p>`;
  const value = parseJson(json);
  const text = value === undefined ? json : JSON.stringify(value, null, 2);
  const shown = text.length > 100_000 ? `${text.slice(0, 100_000)}\n… (${text.length} characters)` : text;
  return html`<pre>${shown}</pre>`;
}

export function badge(kind: "ok" | "bad" | "wait" | "busy" | "off", text: string): Html {
  return html`<span class="badge ${kind}">${text}</span>`;
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
      if (run.is_executing) return badge("busy", "Running");
      if (run.next_at_ms === null) return badge("busy", "Running");
      return run.next_at_ms <= nowMs
        ? badge("wait", "Queued")
        : badge("wait", `Waiting, ${formatIn(run.next_at_ms, nowMs)}`);
  }
}

export function stepBadge(step: StepRow, nowMs: number): Html {
  const due = step.due_at_ms === null ? "" : `, ${formatIn(step.due_at_ms, nowMs)}`;
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
      return badge("wait", step.attempts.length > 0 ? `Retries${due}` : "Planned");
    case "retrying":
      return badge("wait", `Retries${due}`);
    case "sleeping":
      return badge("wait", `Sleeps${due}`);
    case "waiting":
      return badge("wait", `Waits for ${step.wait_event}${due === "" ? "" : `, gives up${due.slice(1)}`}`);
    case "invoking":
      return badge("busy", "Invoking");
  }
}
