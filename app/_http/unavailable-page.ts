// The one page that needs nothing: no database, no file.

import { createHash } from "node:crypto";
import { textsOf } from "@/messages/catalog";
import { directionOf, type Language, tagOf } from "@/messages/languages";

const WAIT_SECONDS = 5;

const STYLE = `
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: light-dark(#1c1b1a, #ececf0); background: light-dark(#faf9f7, #101216) }
header { display: flex; align-items: center; gap: .625rem; max-width: 60rem; margin: 0 auto; padding: 1.25rem; font-weight: 600 }
svg { width: 1.75rem; height: 1.75rem }
main { max-width: 28rem; margin: 12vh auto 0; padding: 0 1.25rem }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 600 }
h1:lang(en, de, fr, es, pt) { letter-spacing: -0.025em }
p { margin: .5rem 0 0; color: light-dark(#5d5a56, #a9abb4) }
a { color: inherit }
`;

/** Leaves the page as it is until there is something else to show: whoever reads it keeps their place (WCAG 2.2, 2.2.1). */
const SCRIPT = `
const to = document.currentScript.dataset.to || location.href;
const look = async () => {
  const isBack = await fetch(to, { cache: "no-store" }).then((answer) => answer.ok, () => false);
  if (!isBack) setTimeout(look, ${WAIT_SECONDS * 1000});
  else if (to === location.href) location.reload();
  else location.replace(to);
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

/**
 * 503 with Retry-After; the browser goes to `backTo` by itself, a path of ours, or to the same page again without one.
 * The answer's policy must allow UNAVAILABLE_STYLE and UNAVAILABLE_SCRIPT.
 */
export function unavailablePage({
  language,
  backTo = "",
  headers = {},
}: {
  language: Language;
  backTo?: string;
  headers?: Record<string, string>;
}): Response {
  const { t, rich } = textsOf(language);
  const again = rich<string>("unavailable.again", {
    seconds: WAIT_SECONDS,
    link: (words) => `<a href="${backTo}">${words.join("")}</a>`,
  });
  const html = `<!doctype html>
<html lang="${tagOf(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="${WAIT_SECONDS}${backTo && `;url=${backTo}`}"></noscript>
<meta name="color-scheme" content="light dark">
<title>${t("common.title", { page: t("unavailable.title") })}</title>
<style>${STYLE}</style>
</head>
<body>
<header>${MARK}Latchkey</header>
<main>
<h1>${t("unavailable.title")}</h1>
<p>${t("unavailable.text")}</p>
<p>${again.join("")}</p>
</main>
<script data-to="${backTo}">${SCRIPT}</script>
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
