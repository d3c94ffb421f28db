// The frame of every page.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { formatDuration, type Html } from "./format.ts";

const LINKS = [
  ["/", "Overview"],
  ["/runs", "Runs"],
  ["/events", "Events"],
  ["/functions", "Functions"],
] as const;

export function layout(context: Context, path: string, title: string, main: Html): Html {
  const offsetMs = context.clock.offsetMs();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Local engine</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/live.js" defer></script>
</head>
<body>
<header><div>
<strong>Local engine</strong>
<nav aria-label="Pages">${LINKS.map(
    ([href, text]) => html`<a href="${href}" ${href === path ? html`aria-current="page"` : ""}>${text}</a>`,
  )}</nav>
</div></header>
<main>
<h1>${title}</h1>
${offsetMs > 0 ? movedNotice(offsetMs) : ""}
${main}
</main>
<footer>Times are UTC. Speaks Inngest's SDK protocol; keeps runs for 7 days.</footer>
</body>
</html>`;
}

function movedNotice(offsetMs: number): Html {
  return html`<p class="notice">This clock is ${formatDuration(offsetMs)} ahead of the real time: it was moved, and all times here are its own. The next <code>npm start</code> without unfinished runs sets it back.</p>`;
}
