// The list of mails, alone on a phone, beside the open mail on a desk.
import { html } from "hono/html";
import type { Mail } from "../mail.ts";
import { type Html, page, peopleLine, type Shell, stateBadge, time } from "./shell.ts";

/** More than anyone reads; the search finds the rest. */
export const LIST_MAX = 200;

export function inboxPage(shell: Shell, mails: readonly Mail[]): Html {
  const isEmpty = mails.length === 0;
  return page(shell, {
    title: shell.size > 0 ? `Inbox (${shell.size})` : "Inbox",
    reloadSeconds: 5,
    main: html`<main id="main" class="panes" tabindex="-1">
<h1 class="hidden">Inbox</h1>
${mailList(shell, mails, null)}
<div id="welcome" data-live class="reading ${isEmpty ? "" : "desk-only"}">${isEmpty ? emptyState(shell) : pickOne(shell)}</div>
</main>`,
  });
}

/** The list with its search. `openId`: the mail shown beside it. */
export function mailList(shell: Shell, mails: readonly Mail[], openId: string | null): Html {
  const query = shell.search ? `?q=${encodeURIComponent(shell.search)}` : "";
  return html`<section class="list ${openId ? "desk-only" : ""}" aria-label="Mails">
<form class="search" role="search" action="/" method="get">
<label class="hidden" for="q">Search by address or subject</label>
<input id="q" type="search" name="q" value="${shell.search}" placeholder="Search by address or subject" autocomplete="off" spellcheck="false" maxlength="200">
</form>
<div id="list" data-live>
${listNote(shell, mails.length)}
<ol class="mails">${mails.map((mail) => mailItem(mail, query, mail.id === openId))}</ol>
</div>
</section>`;
}

function listNote(shell: Shell, shown: number): Html | "" {
  if (shell.search) {
    return html`<p class="note">${shown === 0 ? "Nothing" : shown} for “${shell.search}” <a href="/">Show all</a></p>`;
  }
  if (shell.size === 0) return html`<p class="note">No mail yet</p>`;
  const more =
    shown < shell.size
      ? html`The newest ${shown} of ${shell.size}`
      : html`${shown} ${shown === 1 ? "mail" : "mails"}`;
  return html`<div class="note"><span>${more}</span>
<form method="post" action="/mails/delete"><button class="link" data-confirm="Delete all mails?">Delete all</button></form></div>`;
}

function mailItem(mail: Mail, query: string, isOpen: boolean): Html {
  return html`<li><a href="/mails/${mail.id}${query}" ${isOpen ? html`aria-current="true"` : ""}>
<span class="row"><span class="who">${peopleLine(mail)}</span>${time(mail.receivedAt)}</span>
<span class="subject">${mail.subject || "(no subject)"}</span>
<span class="row badges">${stateBadge(mail.state)}${mail.duplicateOf ? html`<span class="badge bad">Double</span>` : ""}${
    mail.tries > 1 ? html`<span class="badge idle">Try ${mail.tries}</span>` : ""
  }<span class="badge idle via">${mail.via === "smtp" ? "SMTP" : "HTTP"}</span></span>
</a></li>`;
}

function pickOne(shell: Shell): Html {
  return html`<div class="empty"><h2>Choose a mail</h2>
<p>Everything the application sends lands here and nowhere else. New mails appear by themselves.</p>
${waysIn(shell)}</div>`;
}

function emptyState(shell: Shell): Html {
  if (shell.search) {
    return html`<div class="empty"><h2>Nothing found</h2>
<p>No mail has “${shell.search}” in an address or its subject. <a href="/">Show all mails</a></p></div>`;
  }
  return html`<div class="empty"><h2>Waiting for the first mail</h2>
<p>Register with any address in the application: its confirmation mail lands here within seconds, and goes nowhere else.
To see what happens when mail has trouble, register as <code>ada+retry2@example.com</code>, or <a href="/faults">turn the fault dial</a>.</p>
${waysIn(shell)}
<p>Or send one by hand:</p>
<pre class="code" tabindex="0">curl ${shell.url}/emails \\
  -H 'Authorization: Bearer anything' \\
  -H 'Content-Type: application/json' \\
  -d '{"from": "me@example.com", "to": "ada@example.com",
       "subject": "Hello", "text": "It works."}'</pre></div>`;
}

/** Where programs hand mail in. */
export function waysIn(shell: Shell): Html {
  return html`<dl class="facts">
<div><dt>Resend's API</dt><dd><code>RESEND_BASE_URL=${shell.url}</code></dd></div>
<div><dt>SMTP</dt><dd><code>SMTP_URL=${shell.smtpUrl}</code></dd></div>
<div><dt>Webhooks to</dt><dd>${shell.webhookUrl ? html`<code>${shell.webhookUrl}</code>` : "nobody"}</dd></div>
</dl>`;
}
