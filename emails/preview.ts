// `npm run email`: every mail with sample data, in the browser, as people will see it. For developers; loopback only.
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { html } from "hono/html";
import { DEFAULT_LANGUAGE, isLanguage, LANGUAGES, type Language, NATIVE_NAMES } from "@/messages/languages";
import AddressChangedEmail from "./address-changed-email";
import ConfirmationEmail from "./confirmation-email";
import ExistingAccountEmail from "./existing-account-email";
import PasswordChangedEmail from "./password-changed-email";
import { type RenderedEmail, renderEmail } from "./render";
import WelcomeEmail from "./welcome-email";

type Sample = (language: Language) => Promise<RenderedEmail>;

/** What there is to look at: each template with its PreviewProps, and the variants that optional values make. */
const SAMPLES = new Map<string, Sample>(
  Object.entries<Sample>({
    confirmation: (language) => renderEmail("confirmation", { ...ConfirmationEmail.PreviewProps, language }),
    "confirmation-with-link": (language) =>
      renderEmail("confirmation", {
        ...ConfirmationEmail.PreviewProps,
        confirmUrl: "https://latchkey.example/confirm/link#xlRmFqjRUEdR3y2BJ8QdeK1ZpJ0o4t7c",
        notMeUrl: "https://latchkey.example/not-me#m3Yz0cH1fJ4yQvKp7s2w9d",
        language,
      }),
    "confirmation-right-to-left": (language) =>
      renderEmail("confirmation", { ...ConfirmationEmail.PreviewProps, language, dir: "rtl" }),
    "address-changed": (language) =>
      renderEmail("address_changed", {
        ...AddressChangedEmail.PreviewProps,
        confirmUrl: "https://latchkey.example/confirm/link#xlRmFqjRUEdR3y2BJ8QdeK1ZpJ0o4t7c",
        notMeUrl: "https://latchkey.example/not-me#m3Yz0cH1fJ4yQvKp7s2w9d",
        language,
      }),
    welcome: (language) => renderEmail("welcome", { ...WelcomeEmail.PreviewProps, language }),
    "password-changed": (language) =>
      renderEmail("password_changed", { ...PasswordChangedEmail.PreviewProps, language }),
    "existing-account": (language) =>
      renderEmail("existing_account", { ...ExistingAccountEmail.PreviewProps, language }),
  }),
);
const NAMES = [...SAMPLES.keys()];

type Scheme = "light" | "dark";
const schemeOf = (value: string | undefined): Scheme => (value === "dark" ? "dark" : "light");
const languageOf = (value: string | undefined): Language => (isLanguage(value) ? value : DEFAULT_LANGUAGE);
const widthOf = (value: string | undefined): 360 | 720 => (value === "360" ? 360 : 720);

/** Decides the mail's media query by hand: a page cannot set the colour scheme of a frame in every browser. */
function forceScheme(document: string, scheme: Scheme): string {
  return document
    .replaceAll("@media (prefers-color-scheme: dark)", scheme === "dark" ? "@media all" : "@media not all")
    .replace("color-scheme: light dark;", `color-scheme: ${scheme};`);
}

/** The preview as a web app, without a port: `/`, `/:name`, `/:name/html` and `/:name/text`. */
export function createPreview(): Hono {
  const app = new Hono();
  app.get("/", (context) => context.redirect(`/${NAMES[0]}`));
  app.get("/:name", async (context) => {
    const name = context.req.param("name");
    const sample = SAMPLES.get(name);
    if (!sample) return context.text(`No mail is called ${name}; there are: ${NAMES.join(", ")}`, 404);
    const view = {
      name,
      scheme: schemeOf(context.req.query("scheme")),
      width: widthOf(context.req.query("width")),
      language: languageOf(context.req.query("language")),
    };
    return context.html(showPage(await sample(view.language), view));
  });
  app.get("/:name/html", async (context) => {
    const sample = SAMPLES.get(context.req.param("name"));
    if (!sample) return context.notFound();
    context.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    const mail = await sample(languageOf(context.req.query("language")));
    return context.html(forceScheme(mail.html, schemeOf(context.req.query("scheme"))));
  });
  app.get("/:name/text", async (context) => {
    const sample = SAMPLES.get(context.req.param("name"));
    if (!sample) return context.notFound();
    return context.text((await sample(languageOf(context.req.query("language")))).text);
  });
  return app;
}

type View = { name: string; scheme: Scheme; width: 360 | 720; language: Language };

function showPage(mail: RenderedEmail, view: View) {
  const { name, scheme, width, language } = view;
  const link = (label: string, change: Partial<View>) => {
    const to = { ...view, ...change };
    const isHere = to.name === name && to.scheme === scheme && to.width === width && to.language === language;
    const href = `/${to.name}?scheme=${to.scheme}&width=${to.width}&language=${to.language}`;
    return html`<a href="${href}" ${isHere ? html`aria-current="page"` : ""}>${label}</a>`;
  };
  const kilobytes = (Buffer.byteLength(mail.html) / 1024).toFixed(1);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${name} · Latchkey mails</title>
<style>
  :root { color-scheme: light dark; --line: light-dark(#ddd, #444); font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 1240px; padding: 20px; }
  nav { display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 6px 0; }
  a { color: inherit; } a[aria-current] { font-weight: 650; text-decoration: none; }
  h1 { font-size: 20px; margin: 16px 0 4px; } p { margin: 0 0 12px; opacity: .7; }
  iframe, pre { border: 1px solid var(--line); border-radius: 8px; }
  iframe { width: ${width}px; max-width: 100%; height: 720px; background: white; }
  main { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; }
  pre { flex: 1 1 320px; margin: 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
</head>
<body>
<nav aria-label="Mails">${NAMES.map((other) => link(other, { name: other }))}</nav>
<nav aria-label="View">
  ${link("light", { scheme: "light" })} ${link("dark", { scheme: "dark" })}
  ${link("desktop", { width: 720 })} ${link("phone", { width: 360 })}
  <a href="/${name}/html?scheme=${scheme}&language=${language}">HTML alone</a>
  <a href="/${name}/text?language=${language}">text alone</a>
</nav>
<nav aria-label="Language">${LANGUAGES.map((other) => link(NATIVE_NAMES[other], { language: other }))}</nav>
<h1>${mail.subject}</h1>
<p>${kilobytes} KB of HTML</p>
<main>
  <iframe title="${name}" sandbox src="/${name}/html?scheme=${scheme}&language=${language}"></iframe>
  <pre dir="auto">${mail.text}</pre>
</main>
</body>
</html>`;
}

function main(): void {
  const { values } = parseArgs({ options: { port: { type: "string", default: "3111" } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`--port is a number from 0 to 65535, not "${values.port}"`);
    process.exitCode = 1;
    return;
  }
  const server = serve({ fetch: createPreview().fetch, hostname: "127.0.0.1", port }, (address) => {
    console.log(`mails      http://127.0.0.1:${address.port}`);
  });
  server.on("error", (error) => {
    console.error(`The preview cannot start: ${error.message}. Another port: npm run email -- --port 3112`);
    process.exitCode = 1;
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => server.close());
}

if (import.meta.filename === process.argv[1]) main();
