// One mail: who, what, the code in it, its story, and its parts. Its HTML is only ever shown inside a sandboxed frame.
import { html } from "hono/html";
import { findCode } from "../code.ts";
import type { Mail, MailEvent } from "../mail.ts";
import { mailList } from "./inbox-page.ts";
import { type Html, page, type Shell, stateBadge, stateWord, time } from "./shell.ts";

export const VIEWS = ["html", "text", "headers", "raw"] as const;
export type View = (typeof VIEWS)[number];
export const isView = (value: string | undefined): value is View => VIEWS.some((view) => view === value);

const VIEW_NAMES: Record<View, string> = { html: "HTML", text: "Text", headers: "Headers", raw: "Raw" };

export function mailPage(shell: Shell, mails: readonly Mail[], mail: Mail, asked: View | null): Html {
  const view = asked ?? (mail.html === null ? "text" : "html");
  return page(shell, {
    title: mail.subject || "(no subject)",
    main: html`<div class="panes">
${mailList(shell, mails, mail.id)}
<main id="main" class="reading" tabindex="-1">
<a class="back phone-only" href="/${shell.search ? `?q=${encodeURIComponent(shell.search)}` : ""}">All mails</a>
<article>
<header class="mail-head">
<h1>${mail.subject || "(no subject)"}</h1>
${people(mail)}
</header>
${codeCard(mail)}
<section id="story" data-live aria-label="What happened">${doubleNote(mail)}${story(mail)}</section>
${views(mail, view, shell)}
${part(mail, view)}
${attachments(mail)}
${byHand(mail)}
</article>
</main>
</div>`,
  });
}

export function missingMailPage(shell: Shell, mails: readonly Mail[]): Html {
  return page(shell, {
    title: "Not here",
    main: html`<div class="panes">${mailList(shell, mails, "none")}<main id="main" class="reading" tabindex="-1"><div class="empty">
<h1>This mail is not here</h1><p>It was deleted, or newer mails took its place. <a href="/">Show the inbox</a></p></div></main></div>`,
  });
}

function people(mail: Mail): Html {
  const line = (name: string, addresses: readonly string[]) =>
    addresses.length > 0 ? html`<div><dt>${name}</dt><dd>${addresses.join(", ")}</dd></div>` : "";
  return html`<dl class="people">${line("From", [mail.from])}${line("To", mail.to)}${line("Cc", mail.cc)}${line("Bcc", mail.bcc)}${line(
    "Reply to",
    mail.replyTo,
  )}<div><dt>Received</dt><dd>${time(mail.receivedAt)} by ${mail.via === "smtp" ? "SMTP" : "Resend's API"}${
    mail.tries > 1 ? `, at try ${mail.tries}` : ""
  }</dd></div></dl>`;
}

function codeCard(mail: Mail): Html | "" {
  const code = findCode(mail.text ?? "");
  if (code === null) return "";
  return html`<div class="code-card"><div><p class="label" id="code-label">Code in this mail</p>
<p class="digits" aria-labelledby="code-label">${code}</p></div>
<button class="button" type="button" data-copy="${code}" hidden>Copy code</button></div>`;
}

function doubleNote(mail: Mail): Html | "" {
  if (!mail.duplicateOf) return "";
  return html`<p class="banner bad">This is a double: <a href="/mails/${mail.duplicateOf}">an earlier mail</a> has the same Message-ID.</p>`;
}

function story(mail: Mail): Html {
  return html`<ol class="story"><li>${stateBadge(mail.state)}</li>${mail.events.map(
    (event) =>
      html`<li><span>${stateWord(event.type)}${event.isSoft ? ", mailbox full" : ""}</span> ${time(event.at)}${webhookNote(event)}</li>`,
  )}</ol>`;
}

function webhookNote({ webhook, webhookTries }: MailEvent): Html | "" {
  switch (webhook) {
    case "off":
      return "";
    case "waiting":
      return html` <span class="quiet">${webhookTries > 0 ? `webhook refused ${webhookTries}×, trying again` : "webhook on its way"}</span>`;
    case "delivered":
      return html` <span class="quiet">webhook taken${webhookTries > 1 ? ` at try ${webhookTries}` : ""}</span>`;
    case "given_up":
      return html` <span class="bad-text">webhook given up</span>`;
  }
}

function views(mail: Mail, current: View, shell: Shell): Html {
  const query = shell.search ? `&q=${encodeURIComponent(shell.search)}` : "";
  const size = (view: View) => (view === "headers" ? headersOf(mail).length : null);
  return html`<nav class="tabs" aria-label="Parts of the mail">${VIEWS.map(
    (view) =>
      html`<a href="/mails/${mail.id}?view=${view}${query}" ${view === current ? html`aria-current="page"` : ""}>${VIEW_NAMES[view]}${
        size(view) === null ? "" : html` <span class="count">${size(view)}</span>`
      }</a>`,
  )}</nav>`;
}

function part(mail: Mail, view: View): Html {
  switch (view) {
    case "html":
      return mail.html === null
        ? html`<p class="nothing">This mail has no HTML part.</p>`
        : html`<iframe class="frame" src="/mails/${mail.id}/frame" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" title="The mail as HTML"></iframe>`;
    case "text":
      return mail.text === null
        ? html`<p class="nothing">This mail has no text part.</p>`
        : html`<pre class="text" tabindex="0">${mail.text}</pre>`;
    case "headers":
      return html`<div class="table" tabindex="0"><table><thead><tr><th scope="col">Header</th><th scope="col">Value</th></tr></thead><tbody>${headersOf(
        mail,
      ).map(
        ({ name, value }) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
      )}</tbody></table></div>`;
    case "raw":
      return html`<pre class="text small" tabindex="0">${rawOf(mail)}</pre>`;
  }
}

/** For mails by API: what a server would have written, then what was asked for. */
function headersOf(mail: Mail): { name: string; value: string }[] {
  if (mail.via === "smtp") return mail.headers;
  const given = new Set(mail.headers.map(({ name }) => name.toLowerCase()));
  const own = [
    { name: "From", value: mail.from },
    { name: "To", value: mail.to.join(", ") },
    { name: "Subject", value: mail.subject },
    { name: "Date", value: new Date(mail.receivedAt).toUTCString() },
    { name: "Message-ID", value: mail.messageId },
  ];
  return [
    ...own.filter(({ name }) => !given.has(name.toLowerCase())),
    ...mail.headers,
    ...(mail.idempotencyKey === null ? [] : [{ name: "Idempotency-Key", value: mail.idempotencyKey }]),
    ...mail.tags.map(({ name, value }) => ({ name: `Tag ${name}`, value })),
  ];
}

/** The message as received by SMTP; the request as JSON otherwise, without the content of attachments. */
export function rawOf(mail: Mail): string {
  if (mail.raw !== null) return mail.raw;
  const list = (addresses: readonly string[]) => (addresses.length > 0 ? addresses : undefined);
  return JSON.stringify(
    {
      from: mail.from,
      to: mail.to,
      cc: list(mail.cc),
      bcc: list(mail.bcc),
      reply_to: list(mail.replyTo),
      subject: mail.subject,
      html: mail.html ?? undefined,
      text: mail.text ?? undefined,
      headers:
        mail.headers.length > 0
          ? Object.fromEntries(mail.headers.map(({ name, value }) => [name, value]))
          : undefined,
      tags: mail.tags.length > 0 ? mail.tags : undefined,
    },
    null,
    2,
  );
}

function attachments(mail: Mail): Html | "" {
  if (mail.attachments.length === 0) return "";
  return html`<section><h2>Attachments</h2><ul class="plain">${mail.attachments.map(
    ({ filename, contentType, sizeBytes }) =>
      html`<li><strong>${filename}</strong> <span class="quiet">${contentType}, ${formatBytes(sizeBytes)}, content not kept</span></li>`,
  )}</ul></section>`;
}

function formatBytes(bytes: number): string {
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
      ? `${Math.ceil(bytes / 1024)} KB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** Lets a person play the recipient's side later: the application is told by webhook, as Resend would. */
function byHand(mail: Mail): Html {
  const button = (type: string, words: string) =>
    html`<button class="button plain" name="type" value="${type}">${words}</button>`;
  return html`<form class="by-hand" method="post" action="/mails/${mail.id}/events"><h2>Let something happen to it</h2>
<p class="quiet">The application is told by webhook, as Resend would tell it.</p>
<div class="buttons">${button("bounced", "Bounce")}${button("complained", "Report as spam")}${button("delivery_delayed", "Delay")}${button("delivered", "Deliver")}</div></form>`;
}

/** The HTML part as a document of its own; links open in a new tab, because the frame may go nowhere. */
export function frameDocument(mail: Mail): string {
  return `<!doctype html><meta charset="utf-8"><base target="_blank">${mail.html ?? ""}`;
}
