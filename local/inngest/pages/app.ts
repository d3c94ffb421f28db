// The app: where it is, whether its functions are here, and if not, why.
import { html } from "hono/html";
import type { Context } from "../engine.ts";
import type { SyncKind } from "../sync-state.ts";
import { formatTime, type Html } from "./format.ts";
import { appBadge, layout } from "./layout.ts";

const KINDS: Readonly<Record<SyncKind, string>> = {
  asked: "the engine asked, and the app answered (in-band)",
  registered: "the app registered itself (out-of-band)",
};

export function appPage(context: Context): Html {
  return layout(context, {
    path: "/app",
    title: "App",
    aside: html`<form method="post" action="/app/sync"><button type="submit" id="sync" class="primary">Sync again</button></form>`,
    main: html`<section id="app" data-live>${appFacts(context)}</section>`,
  });
}

export function appFacts(context: Context): Html {
  const { appName, sdk, framework, syncedAtMs, syncKind, askedAtMs, error, errorSinceMs } =
    context.sync.state;
  const unknown = html`<span class="muted">not known yet</span>`;
  const functions = [...context.registry().functions.values()];
  return html`<dl>
<dt>State</dt><dd>${appBadge(context)}</dd>
<dt>Name</dt><dd>${appName ?? unknown}</dd>
<dt>Address</dt><dd class="mono">${context.appUrl.href}</dd>
<dt>SDK</dt><dd>${sdk ?? unknown}</dd>
<dt>Framework</dt><dd>${framework ?? unknown}</dd>
<dt>Functions</dt><dd><a href="/functions">${functions.filter((fn) => fn.archivedAtMs === null).length}</a></dd>
<dt>Last synced</dt><dd>${syncedAtMs === null ? html`<span class="muted">not since this start</span>` : formatTime(syncedAtMs)}</dd>
<dt>By</dt><dd>${syncKind === null ? html`<span class="muted">nobody yet</span>` : KINDS[syncKind]}</dd>
<dt>Last asked</dt><dd>${askedAtMs === null ? html`<span class="muted">not yet</span>` : formatTime(askedAtMs)}</dd>
<dt>Signatures</dt><dd>${context.signingKey === null ? "none (dev style)" : "every call is signed"}</dd>
</dl>
${
  error === null
    ? ""
    : html`<p class="notice bad">${error}${errorSinceMs === null ? "" : html` <span class="muted">since ${formatTime(errorSinceMs)}</span>`}</p>`
}`;
}
