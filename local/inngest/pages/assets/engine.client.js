// Keeps the page up to date and counts down. The page works without it, by reloading.

/** How the server wrote each living part, since what counts down differs from that by itself. */
const written = new Map();
for (const part of document.querySelectorAll("[data-live]")) written.set(part.id, part.outerHTML);

/** How far the engine's clock is ahead of this one, milliseconds. */
let aheadMs = 0;
function readClock(page) {
  const now = Number(page.getElementById("main")?.dataset.now);
  if (Number.isFinite(now)) aheadMs = now - Date.now();
}
readClock(document);

/** Fetches this page again and puts its living parts in place; what a person types, opens or reads stays. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  readClock(fresh);
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || next.outerHTML === written.get(part.id)) continue;
    // Somebody is writing in there.
    if ([...part.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)) continue;
    written.set(part.id, next.outerHTML);
    for (const detail of part.querySelectorAll("details[id]")) {
      const same = next.querySelector(`#${CSS.escape(detail.id)}`);
      if (same) same.open = detail.open;
    }
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const owner = focused?.closest("[id]");
    const selector = focused?.id
      ? `#${CSS.escape(focused.id)}`
      : owner && owner !== part
        ? `#${CSS.escape(owner.id)} ${focused.localName}`
        : null;
    part.replaceWith(next);
    if (selector) next.querySelector(selector)?.focus({ preventScroll: true });
  }
  document.title = fresh.title;
  countDown();
}

let isRefreshing = false;
let isStale = false;

async function refreshSoon() {
  if (isRefreshing || document.hidden) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  do {
    isStale = false;
    await refresh().catch(() => {});
  } while (isStale && !document.hidden);
  isRefreshing = false;
}

const events = new EventSource("/live");
// Until then, and while the connection was broken, anything may have changed.
events.addEventListener("open", () => void refreshSoon());
events.addEventListener("change", () => void refreshSoon());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isStale) void refreshSoon();
});

/** In the words of the server's formatDuration. */
function formatDuration(ms) {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
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

function countDown() {
  const now = Date.now() + aheadMs;
  for (const text of document.querySelectorAll("[data-until]")) {
    const leftMs = Number(text.dataset.until) - now;
    text.textContent = leftMs <= 0 ? "now" : `in ${formatDuration(leftMs)}`;
  }
}

let refreshedAt = Date.now();
setInterval(() => {
  countDown();
  // What is under way grows although nothing has changed.
  const everyMs = Number(document.querySelector("[data-every]")?.dataset.every);
  if (!everyMs || Date.now() - refreshedAt < everyMs) return;
  refreshedAt = Date.now();
  void refreshSoon();
}, 500);
