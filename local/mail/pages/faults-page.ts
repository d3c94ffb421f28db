// The fault dial and the table of address tags.
import { html } from "hono/html";
import type { Injected } from "../dial.ts";
import {
  type Dial,
  FAULT_KINDS,
  FAULTS,
  type FaultKind,
  RETRY_AFTER_SECONDS_DEFAULT,
  SLOW_MS_DEFAULT,
  sumOfPercents,
} from "../faults.ts";
import { TAGS } from "../tags.ts";
import { type FaultsForm, percentField } from "./faults-form.ts";
import { waysIn } from "./inbox-page.ts";
import { type Html, page, type Shell } from "./shell.ts";

export function faultsPage(
  shell: Shell,
  { form, problems, injected }: { form: FaultsForm; problems: readonly string[]; injected: Injected },
): Html {
  return page(shell, {
    title: "Faults",
    main: html`<main id="main" class="single" tabindex="-1">
<h1>Faults</h1>
<p class="lead">Make the mail provider misbehave, for everyone or for a share of the tries. It stays so until you turn it off, also over a restart.</p>
${problems.length > 0 ? html`<div class="banner bad" role="alert"><p>Nothing was changed:</p><ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>` : ""}
${shares(shell.dial)}
<form class="dial" method="post" action="/faults">
<fieldset><legend>Share of the tries, in percent</legend>
${FAULT_KINDS.map((kind) => row(kind, form, injected))}
</fieldset>
<fieldset class="more"><legend>More</legend>
<div class="field"><label for="limit_per_second">Limit per second</label>
<input id="limit_per_second" name="limit_per_second" type="number" min="1" max="100000" step="1" placeholder="no limit" value="${form.limit_per_second ?? ""}" aria-describedby="limit-hint">
<p class="hint" id="limit-hint">The rest get 429. Refused so far: ${injected.limit ?? 0}</p></div>
<div class="field"><label for="draw">Draw</label>
<select id="draw" name="draw" aria-describedby="draw-hint"><option value="try" ${form.draw === "mail" ? "" : "selected"}>every try anew</option><option value="mail" ${form.draw === "mail" ? "selected" : ""}>once per mail</option></select>
<p class="hint" id="draw-hint">Once per mail: all its tries meet the same fate.</p></div>
<div class="field"><label for="seed">Seed</label>
<input id="seed" name="seed" type="text" maxlength="100" value="${form.seed ?? ""}" spellcheck="false" autocomplete="off" aria-describedby="seed-hint">
<p class="hint" id="seed-hint">The same seed, mail and try meet the same fate.</p></div>
</fieldset>
<div class="buttons"><button class="button">Set the dial</button>
<button class="button plain" formaction="/faults/off" formnovalidate>Turn everything off</button></div>
</form>

<h2>Address tags</h2>
<p class="lead">One mail can ask for its own trouble, whatever the dial says: put a tag behind a plus, as in <code>ada+retry2@example.com</code>. Tags combine: <code>ada+slow+bounce@example.com</code>.</p>
<div class="table" tabindex="0"><table class="tags"><thead><tr><th scope="col">Tag</th><th scope="col">What happens</th></tr></thead>
<tbody>${TAGS.map(({ name, meaning }) => html`<tr><th scope="row"><code>+${name}</code></th><td>${meaning}</td></tr>`)}</tbody></table></div>
<p class="quiet">Tries are counted per idempotency key or Message-ID, else per address. Resend's test addresses <code>delivered@resend.dev</code>, <code>bounced@resend.dev</code>, <code>complained@resend.dev</code> and <code>suppressed@resend.dev</code> work too.</p>

<h2>Ways in</h2>
${waysIn(shell)}
</main>`,
  });
}

const TITLES: Record<FaultKind, string> = {
  refuse: "Refuse for now",
  reject: "Refuse the address for good",
  rate_limit: "Rate limit",
  quota: "Quota used up",
  greylist: "Greylist",
  hang: "Hang",
  down: "Cut the connection",
  lost_reply: "Accept, lose the reply",
  slow: "Answer slowly",
  bounce: "Bounce later",
};

function row(kind: FaultKind, form: FaultsForm, injected: Injected): Html {
  const id = percentField(kind);
  const count = injected[kind] ?? 0;
  return html`<div class="fault"><div class="fault-words"><label for="${id}">${TITLES[kind]}</label>
<p class="hint" id="${id}-hint">${FAULTS[kind]}${count > 0 ? html` <strong>${count}× so far</strong>` : ""}</p>${extra(kind, form)}</div>
<span class="percent"><input id="${id}" name="${id}" type="number" inputmode="decimal" min="0" max="100" step="0.1" placeholder="0" value="${form[id] ?? ""}" aria-describedby="${id}-hint"><span aria-hidden="true">%</span></span></div>`;
}

function extra(kind: FaultKind, form: FaultsForm): Html | "" {
  switch (kind) {
    case "rate_limit":
      return html`<p class="extra"><label for="retry_after_seconds">Retry-After, seconds</label> <input id="retry_after_seconds" name="retry_after_seconds" type="number" min="0" max="86400" step="1" placeholder="${RETRY_AFTER_SECONDS_DEFAULT}" value="${form.retry_after_seconds ?? ""}"></p>`;
    case "slow":
      return html`<p class="extra"><label for="delay_ms">Milliseconds</label> <input id="delay_ms" name="delay_ms" type="number" min="0" max="600000" step="1" placeholder="${SLOW_MS_DEFAULT}" value="${form.delay_ms ?? ""}"></p>`;
    case "quota":
      return html`<p class="extra"><label for="period">Which</label> <select id="period" name="period"><option value="daily" ${form.period === "monthly" ? "" : "selected"}>the day's</option><option value="monthly" ${form.period === "monthly" ? "selected" : ""}>the month's</option></select></p>`;
    default:
      return "";
  }
}

/** How tries are shared out now, as a bar of 100 parts. */
function shares(dial: Dial): Html {
  const active = dial.faults.filter(({ percent }) => percent > 0);
  const good = Math.max(0, 100 - sumOfPercents(active));
  let x = good;
  const parts = active.map(({ kind, percent }, index) => {
    const part = html`<rect class="share-${index % 5}" x="${x}" y="0" width="${percent}" height="4"><title>${TITLES[kind]}: ${percent} %</title></rect>`;
    x += percent;
    return part;
  });
  const words = active.map(({ kind, percent }) => `${percent} % ${TITLES[kind].toLowerCase()}`);
  return html`<figure class="shares"><svg viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label="How tries are shared out"><rect class="share-good" x="0" y="0" width="${good}" height="4"/>${parts}</svg>
<figcaption>${[`${Number(good.toFixed(2))} % accepted`, ...words].join(" · ")}</figcaption></figure>`;
}
