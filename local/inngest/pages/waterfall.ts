// Draws a run's waterfall. Positions are attributes of SVG, in percent: the page's policy allows no inline styles.
import { html } from "hono/html";
import type { Axis } from "./axis.ts";
import { formatDuration, type Html } from "./format.ts";
import type { Span, SpanKind, Waterfall } from "./spans.ts";

/** A stretch is never narrower than this, or a millisecond of work would not be seen. */
const WIDTH_MIN = 0.5;
/** A cut narrower than this has no room for its length; the row that waits says it too. */
const LABEL_WIDTH_MIN = 9;

const WORDS: Readonly<Record<SpanKind, string>> = {
  queue: "in the queue",
  ok: "succeeded",
  retry: "failed, to be tried again",
  failed: "failed for good",
  busy: "under way",
  invoke: "another function at work",
  sleep: "asleep",
  wait: "waiting",
  ahead: "still to come",
};

const percent = (value: number): string => `${Number(value.toFixed(3))}%`;

/** The scale above the rows. Where waits are cut, it says how long each is instead. */
export function drawScale({ axis }: Waterfall): Html {
  const labels = axis.ticks
    .filter((tick) => tick.x < 94)
    .map((tick) => ({ x: tick.x, anchor: tick.x < 1 ? "start" : "middle", text: offsetOf(axis, tick.ms) }));
  const cuts = axis.cuts
    .filter((cut) => cut.width >= LABEL_WIDTH_MIN)
    .map((cut) => ({
      x: cut.x + cut.width / 2,
      anchor: "middle",
      text: `⋯ ${formatDuration(cut.untilMs - cut.fromMs)} ⋯`,
    }));
  return html`<svg class="scale" width="100%" height="20" aria-hidden="true">
${drawGround(axis, 20)}${[...labels, ...cuts].map(
  (label) => html`<text x="${percent(label.x)}" y="14" text-anchor="${label.anchor}">${label.text}</text>`,
)}</svg>`;
}

function offsetOf(axis: Axis, ms: number): string {
  return ms === axis.fromMs ? "0" : `+${formatDuration(ms - axis.fromMs)}`;
}

/** One row's stretches. `label` says in words what the picture shows. */
export function drawSpans({ axis, nowMs }: Waterfall, spans: readonly Span[], label: string): Html {
  return html`<svg class="spans" width="100%" height="24" role="img" aria-label="${label}">
${drawGround(axis, 24)}${spans.map((span) => drawSpan(axis, span))}
${nowMs === null ? "" : html`<line class="now" x1="${percent(axis.at(nowMs))}" x2="${percent(axis.at(nowMs))}" y1="0" y2="24"></line>`}</svg>`;
}

function drawGround(axis: Axis, height: number): Html {
  return html`${axis.cuts.map((cut) => html`<rect class="cut" x="${percent(cut.x)}" width="${percent(cut.width)}" y="0" height="${height}"></rect>`)}${axis.ticks.map(
    (tick) =>
      html`<line class="tick" x1="${percent(tick.x)}" x2="${percent(tick.x)}" y1="0" y2="${height}"></line>`,
  )}`;
}

function drawSpan(axis: Axis, span: Span): Html {
  const x = axis.at(span.fromMs);
  const width = Math.max(axis.at(span.untilMs) - x, WIDTH_MIN);
  const [y, height] = span.kind === "queue" || span.kind === "wait" ? [10, 4] : [6, 12];
  return html`<rect class="${span.kind}" x="${percent(Math.min(x, 100 - WIDTH_MIN))}" width="${percent(width)}" y="${y}" height="${height}" rx="2"><title>${formatDuration(span.untilMs - span.fromMs)} ${WORDS[span.kind]}</title></rect>`;
}

/** What the colours mean; only those that are there. */
export function drawLegend({ rows, axis }: Waterfall): Html {
  const kinds = new Set(rows.flatMap((row) => row.spans.map((span) => span.kind)));
  const known = (Object.keys(WORDS) as SpanKind[]).filter((kind) => kinds.has(kind));
  return html`<ul class="legend">${known.map((kind) => html`<li><svg width="18" height="12" aria-hidden="true"><rect class="${kind}" x="0" y="${kind === "queue" || kind === "wait" ? 4 : 0}" width="18" height="${kind === "queue" || kind === "wait" ? 4 : 12}" rx="2"></rect></svg>${WORDS[kind]}</li>`)}${
    axis.cuts.length === 0
      ? ""
      : html`<li><svg width="18" height="12" aria-hidden="true"><rect class="cut" x="0" y="0" width="18" height="12"></rect></svg>drawn shorter than it was</li>`
  }</ul>`;
}
