// The page's look. Served as a file of its own, so that the page needs no inline styles.
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #f7f7f5; --surface: #ffffff; --line: #e2e2dd; --fg: #1d1d1b; --muted: #63635d; --accent: #1f5fbf;
  --ok: #1c7a45; --bad: #b3261e; --wait: #8a5a00; --busy: #1f5fbf; --off: #63635d; --code: #f1f1ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #171716; --surface: #201f1e; --line: #383734; --fg: #ecebe7; --muted: #a5a49d; --accent: #8ab4f8;
    --ok: #6fcf97; --bad: #f28b82; --wait: #e6b450; --busy: #8ab4f8; --off: #a5a49d; --code: #292826;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
header { border-bottom: 1px solid var(--line); background: var(--surface); }
header > div, main { max-width: 1100px; margin: 0 auto; padding: 12px 20px; }
header > div { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: baseline; }
header strong { font-size: 16px; }
nav { display: flex; gap: 16px; }
nav a[aria-current] { color: var(--fg); font-weight: 600; text-decoration: none; }
a { color: var(--accent); }
h1 { font-size: 22px; line-height: 1.3; margin: 16px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 24px 0 8px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 4px 16px 12px; margin: 16px 0; }
section > h2 { margin-top: 12px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > td { border-bottom: 0; }
th { color: var(--muted); font-weight: 500; font-size: 13px; white-space: nowrap; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.muted { color: var(--muted); }
.mono, code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
pre { background: var(--code); border-radius: 6px; padding: 10px 12px; margin: 6px 0; overflow: auto; max-height: 420px; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 8px 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
dd time { white-space: normal; }
@media (max-width: 480px) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: 6px; } }
.badge { white-space: nowrap; font-weight: 500; }
.badge::before { content: "●"; margin-right: 6px; font-size: 11px; }
.ok { color: var(--ok); } .bad { color: var(--bad); } .wait { color: var(--wait); } .busy { color: var(--busy); } .off { color: var(--off); }
.counts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 8px 0 4px; }
.counts b { display: block; font-size: 22px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.notice { border-left: 3px solid var(--bad); padding: 6px 12px; margin: 8px 0; overflow-wrap: anywhere; }
form { display: inline-flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 4px 8px 4px 0; }
button, input, select { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 5px 12px; }
button { cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input[type=text] { width: 7em; }
details > summary { cursor: pointer; }
svg.bar { width: 100%; min-width: 160px; height: 14px; display: block; }
svg.bar rect { fill: currentColor; }
svg.bar .track { fill: var(--code); }
footer { max-width: 1100px; margin: 0 auto; padding: 8px 20px 32px; color: var(--muted); font-size: 13px; }
`;

/** Fetches the page again when the engine's state changed. Without it the page works by reloading. */
export const SCRIPT = `
const source = new EventSource("/live");
let isBusy = false;
let isStale = false;
async function refresh() {
  const active = document.activeElement;
  const isTyping = active && active.matches("input, select");
  if (isBusy || isTyping) { isStale = true; return; }
  isBusy = true;
  isStale = false;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const open = new Set([...document.querySelectorAll("details[open][id]")].map((one) => one.id));
    const focused = active && active.id;
    document.querySelector("main").replaceWith(next.querySelector("main"));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus();
  } catch {
    // The engine is away; the stream tells when it is back.
  } finally {
    isBusy = false;
    if (isStale) setTimeout(refresh, 500);
  }
}
source.addEventListener("change", refresh);
document.addEventListener("focusout", () => { if (isStale) setTimeout(refresh, 50); });
`;
