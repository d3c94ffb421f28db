// Keeps the page up to date, copies codes, and listens to a few keys. The page works without it.

/** Fetches this page again and puts its living parts in place; what a person types or reads stays untouched. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || next.outerHTML === part.outerHTML) continue;
    const focused = part.contains(document.activeElement)
      ? document.activeElement?.getAttribute("href")
      : null;
    part.replaceWith(next);
    if (focused) next.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
  document.title = fresh.title;
}

let isRefreshing = false;
let isStale = false;

async function refreshSoon() {
  if (isRefreshing) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  do {
    isStale = false;
    await refresh().catch(() => {});
  } while (isStale);
  isRefreshing = false;
}

const events = new EventSource("/_/events");
let isFirst = true;
// Every "hello" but the first follows a broken connection, during which anything may have changed.
events.addEventListener("hello", () => {
  if (!isFirst) void refreshSoon();
  isFirst = false;
});
events.addEventListener("change", () => void refreshSoon());

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = words;
    }, 2000);
  });
}

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

/** `/` searches, `j` and `k` walk through the list, as mail programs do. */
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("q")?.focus();
  }
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll(".mails a")];
    const at = links.findIndex((link) => link === document.activeElement || link.ariaCurrent === "true");
    links[Math.min(links.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]?.focus();
  }
});
