// What every page shares: head, header with the way to the dial, and small pieces. Everything put into html`…` is escaped.
import { html } from "hono/html";
import { type Dial, describeDial } from "../faults.ts";
import type { Mail, MailState } from "../mail.ts";

export type Html = ReturnType<typeof html>;

export type Shell = {
  path: string;
  /** What the list is searched for; "" for everything. */
  search: string;
  dial: Dial;
  url: string;
  smtpUrl: string;
  webhookUrl: string | null;
  /** Mails kept. */
  size: number;
};

export function page(
  shell: Shell,
  {
    title,
    main,
    reloadSeconds,
  }: {
    title: string;
    main: Html;
    /** Without JavaScript the page asks for itself again this often. */
    reloadSeconds?: number;
  },
): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Latchkey mail</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/mail.css">
<script type="module" src="/assets/mail.client.js"></script>
${reloadSeconds ? html`<noscript><meta http-equiv="refresh" content="${reloadSeconds}"></noscript>` : ""}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="name" href="/">${mark()}<span>Latchkey <span class="quiet">mail</span></span></a>
<nav aria-label="Pages">
<a href="/" ${shell.path.startsWith("/faults") ? "" : html`aria-current="page"`}>Inbox <span class="count" id="count" data-live>${shell.size}</span></a>
<a href="/faults" ${shell.path.startsWith("/faults") ? html`aria-current="page"` : ""}>Faults</a>
</nav>
${dialPill(shell.dial)}
</header>
${main}
</body>
</html>`;
}

/** Whether mail gets through, visible from every page: a forgotten fault costs an hour of wondering. */
function dialPill(dial: Dial): Html {
  const trouble = describeDial(dial);
  return html`<a class="pill ${trouble ? "bad" : "done"}" id="pill" data-live href="/faults"><span class="dot" aria-hidden="true"></span>${
    trouble ? `Faults on: ${trouble}` : "All mail accepted"
  }</a>`;
}

function mark(): Html {
  return html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8" class="mark-ground"/><g fill="none" class="mark-line" stroke-width="2.75" stroke-linecap="round" stroke-linejoin="round"><circle cx="13" cy="10" r="4"/><path d="M13 14v10.5h7.5M13 19.25h4.75"/></g></svg>`;
}

const STATES: Record<MailState, { word: string; tone: "idle" | "live" | "done" | "waiting" | "bad" }> = {
  queued: { word: "Queued", tone: "idle" },
  sent: { word: "Sent", tone: "live" },
  delivered: { word: "Delivered", tone: "done" },
  delivery_delayed: { word: "Delayed", tone: "waiting" },
  bounced: { word: "Bounced", tone: "bad" },
  complained: { word: "Reported as spam", tone: "bad" },
  suppressed: { word: "Suppressed", tone: "bad" },
  failed: { word: "Failed", tone: "bad" },
};

export function stateBadge(state: MailState): Html {
  const { word, tone } = STATES[state];
  return html`<span class="badge ${tone}"><span class="dot" aria-hidden="true"></span>${word}</span>`;
}

export const stateWord = (state: MailState) => STATES[state].word;

/** Short for today, with the date before. In the time zone of this machine, which is where the reader sits. */
export function time(iso: string, now = new Date()): Html {
  const at = new Date(iso);
  const isToday = at.toDateString() === now.toDateString();
  const clock = at.toLocaleTimeString("en-GB");
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return html`<time datetime="${iso}" title="${at.toLocaleString("en-GB")}">${isToday ? clock : `${day}, ${clock.slice(0, 5)}`}</time>`;
}

/** Everyone a mail goes to, as a line. */
export function peopleLine(mail: Pick<Mail, "to" | "cc" | "bcc">): string {
  return [...mail.to, ...mail.cc, ...mail.bcc].join(", ") || "nobody";
}
