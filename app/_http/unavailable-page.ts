// The one page that needs nothing: no database, no file.

import { createHash } from "node:crypto";
import { textsOf } from "@/messages/catalog";
import { directionOf, type Language, tagOf } from "@/messages/languages";

const WAIT_SECONDS = 5;

/** Families and colours are those of app/globals.css. */
const STYLE = `
:root { color-scheme: light dark }
:root:is(:lang(ar), :lang(fa)) { --font-script: "SF Arabic", "Geeza Pro", "Noto Sans Arabic", "Noto Naskh Arabic", Tahoma }
:root:lang(fa) { --font-script: "SF Arabic", Vazirmatn, "Noto Sans Arabic", "Geeza Pro", Tahoma }
:root:lang(ja) { --font-script: "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo }
:root:lang(zh) { --font-script: "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei UI", "Microsoft YaHei" }
body { margin: 0; font: 1rem/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, var(--font-script, system-ui), system-ui, sans-serif; color: light-dark(#1c1b1a, #ececf0); background: light-dark(#faf9f7, #101216) }
header { display: flex; align-items: center; gap: .625rem; max-width: 60rem; margin: 0 auto; padding: 1.25rem; font-weight: 600 }
svg { width: 1.75rem; height: 1.75rem }
main { max-width: 28rem; margin: 12vh auto 0; padding: 0 1.25rem }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.025em; text-wrap: balance }
h1:is(:lang(ar), :lang(fa), :lang(ja), :lang(zh)) { letter-spacing: normal }
p { margin: .5rem 0 0; color: light-dark(#5d5a56, #a9abb4) }
a { color: inherit; white-space: nowrap }
button { width: 100%; min-height: 2.75rem; margin: 1.5rem 0 0; padding: 0 1rem; border: 1px solid transparent; border-radius: .625rem; font: inherit; font-weight: 500; color: oklch(1 0 0); background: light-dark(oklch(0.5 0.2 266), oklch(0.545 0.2 266)); cursor: pointer }
button:is(:hover, :active) { background: light-dark(oklch(0.44 0.2 266), oklch(0.5 0.2 266)) }
:focus-visible { outline: 2px solid light-dark(oklch(0.49 0.2 266), oklch(0.765 0.115 266)); outline-offset: 2px }
`;

/**
 * Leaves the page as it is until there is something else to show, a page that says "not found" too: whoever reads it
 * keeps their place (WCAG 2.2, 2.2.1). Asks by HEAD, which uses up nothing that the page itself is to tell once. A page
 * that stands for itself is loaded anew, also by its link, and so keeps what is behind its "#"; its address is not
 * compared with the server's, which may write it otherwise ("%20", "+").
 */
const SCRIPT = `
const { to, itself } = document.currentScript.dataset;
const goOn = () => (itself === undefined ? location.replace(to) : location.reload());
document.querySelector("main a").addEventListener("click", (event) => {
  event.preventDefault();
  goOn();
});
const look = async () => {
  const isAway = await fetch(itself === undefined ? to : location.href, { method: "HEAD", cache: "no-store" }).then((answer) => answer.status === 503, () => true);
  if (isAway) setTimeout(look, ${WAIT_SECONDS * 1000});
  else goOn();
};
setTimeout(look, ${WAIT_SECONDS * 1000});
`;

/** components/mark.tsx, without classes: no file is there to give them colours. */
const MARK =
  '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#2a53d5"/><g fill="none" stroke="#fff" stroke-width="2.75" stroke-linecap="round" stroke-linejoin="round"><circle cx="13" cy="10" r="4"/><path d="M13 14v10.5h7.5M13 19.25h4.75"/></g></svg>';

const sourceOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The page's one style and one script, as sources of a Content-Security-Policy (CSP Level 3 section 2.3.1). */
export const UNAVAILABLE_STYLE = sourceOf(STYLE);
export const UNAVAILABLE_SCRIPT = sourceOf(SCRIPT);

type Answer = { language: Language; headers?: Record<string, string> };

/**
 * 503 with Retry-After; the browser goes to `backTo` by itself, an address of ours from its path on. `isItself` where that
 * is the address of the page that is away. The answer's policy must allow UNAVAILABLE_STYLE and UNAVAILABLE_SCRIPT.
 */
export function unavailablePage({
  language,
  backTo,
  isItself = false,
  headers = {},
}: Answer & { backTo: string; isItself?: boolean }): Response {
  const { t, rich } = textsOf(language);
  const to = escapeHtml(backTo);
  const again = rich<string>("unavailable.again", {
    seconds: WAIT_SECONDS,
    link: (words) => `<a href="${to}">${words.join("")}</a>`,
  });
  return answer503({
    language,
    headers,
    title: t("unavailable.title"),
    // Without an address a browser would stay on a page that has a "#" in its own: it names the same document.
    head: `<noscript><meta http-equiv="refresh" content="${WAIT_SECONDS};url=${to}"></noscript>`,
    main: `<p>${t("unavailable.text")}</p>
<p>${again.join("")}</p>`,
    foot: `<script data-to="${to}"${isItself ? " data-itself" : ""}>${SCRIPT}</script>`,
  });
}

/**
 * 503 for who wanted to sign out, and is signed in still: it says so, and stays, because what comes next would be the
 * open account, for whoever sits there by then. Its form is sent to `action` again, a path of ours.
 */
export function notSignedOutPage({ language, action, headers = {} }: Answer & { action: string }): Response {
  const { t } = textsOf(language);
  return answer503({
    language,
    headers,
    title: t("notSignedOut.title"),
    main: `<p>${t("notSignedOut.text")}</p>
<form method="post" action="${escapeHtml(action)}"><button type="submit">${t("common.signOut")}</button></form>`,
  });
}

function answer503({
  language,
  headers,
  title,
  head = "",
  main,
  foot = "",
}: Required<Answer> & { title: string; head?: string; main: string; foot?: string }): Response {
  const { t } = textsOf(language);
  const html = `<!doctype html>
<html lang="${tagOf(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<meta name="color-scheme" content="light dark">
<title>${t("common.title", { page: title })}</title>
<style>${STYLE}</style>
</head>
<body>
<header>${MARK}Latchkey</header>
<main>
<h1>${title}</h1>
${main}
</main>
${foot}
</body>
</html>
`;
  return new Response(html, {
    status: 503,
    headers: {
      "cache-control": "no-store",
      "retry-after": String(WAIT_SECONDS),
      ...headers,
      "content-type": "text/html; charset=utf-8",
    },
  });
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
