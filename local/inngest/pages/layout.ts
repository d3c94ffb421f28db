// The frame of every page.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import { badge, formatDuration, type Html } from "./format.ts";

const LINKS = [
  ["/", "Overview"],
  ["/runs", "Runs"],
  ["/events", "Events"],
  ["/functions", "Functions"],
  ["/app", "App"],
] as const;

export type PageParts = {
  /** Which of the links above the page belongs to. */
  path: string;
  title: string;
  /** Beside the title: a state, actions. */
  aside?: Html;
  main: Html;
};

export function layout(context: Context, { path, title, aside, main }: PageParts): Html {
  const offsetMs = context.clock.offsetMs();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Latchkey engine</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/engine.css">
<script type="module" src="/assets/engine.client.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="name" href="/">${mark()}<span>Latchkey <span class="muted">engine</span></span></a>
<nav aria-label="Pages">${LINKS.map(
    ([href, text]) => html`<a href="${href}" ${href === path ? html`aria-current="page"` : ""}>${text}</a>`,
  )}</nav>
<a class="pill" id="app-state" data-live href="/app">${appBadge(context)}</a>
</header>
<main id="main" tabindex="-1" data-now="${context.clock.now()}">
<div class="title"><h1>${title}</h1>${aside ?? ""}</div>
${offsetMs > 0 ? movedNotice(offsetMs) : ""}
${main}
</main>
<footer>Times are UTC. Speaks Inngest's SDK protocol; keeps what is over for 7 days.</footer>
</body>
</html>`;
}

/** Whether the app's functions are here, visible from every page. */
export function appBadge(context: Context): Html {
  const { error, isReachable } = context.sync.state;
  if (error === null) return badge("ok", "App connected");
  return isReachable ? badge("bad", "App refused") : badge("wait", "App not reachable");
}

function movedNotice(offsetMs: number): Html {
  return html`<p class="notice wait">This clock is ${formatDuration(offsetMs)} ahead of the real time: it was moved, and all times here are its own. The next <code>npm start</code> without unfinished runs sets it back.</p>`;
}

/** A page that has nothing but a sentence to say. */
export function messagePage(context: Context, title: string, text: string): Html {
  return layout(context, {
    path: "",
    title,
    main: html`<section><p>${text}</p><p><a href="/">Overview</a></p></section>`,
  });
}

function mark(): Html {
  return html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8" class="mark-ground"/><g fill="none" class="mark-line" stroke-width="2.75" stroke-linecap="round" stroke-linejoin="round"><circle cx="13" cy="10" r="4"/><path d="M13 14v10.5h7.5M13 19.25h4.75"/></g></svg>`;
}
