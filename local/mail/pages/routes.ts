// The pages for people: the inbox, one mail, the fault dial. They work without JavaScript; with it they keep up to date.
import path from "node:path";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { addAssets } from "../../pages/assets.ts";
import type { Parts } from "../app.ts";
import { limitBody } from "../body.ts";
import { CALM } from "../faults.ts";
import { type FaultsForm, formOfDial, readFaultsForm } from "./faults-form.ts";
import { faultsPage } from "./faults-page.ts";
import { inboxPage, LIST_MAX } from "./inbox-page.ts";
import { frameDocument, isView, mailPage, missingMailPage } from "./mail-page.ts";
import type { Shell } from "./shell.ts";

/** What a person may declare to have happened to a mail, from its page. */
const BY_HAND = ["bounced", "complained", "delivery_delayed", "delivered"] as const;

const ASSETS = ["mail.css", "mail.client.js", "icon.svg"] as const;

/** Nothing of a mail can run, load or frame anything: the pages themselves need only their own files. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
  "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A mail's own HTML: styles and images, but no scripts, no forms, and no images from anywhere but this machine. */
const FRAME_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
  "img-src data: http://localhost:* http://127.0.0.1:*; font-src data:; frame-ancestors 'self'";

const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", PAGE_POLICY);
  c.header("x-content-type-options", "nosniff");
  // Not "no-referrer": with it, browsers send `Origin: null` with the pages' own forms, and the guard refuses them.
  if (!c.res.headers.has("referrer-policy")) c.header("referrer-policy", "same-origin");
  c.header("cache-control", "no-store");
};

export function addPages(app: Hono<{ Bindings: HttpBindings }>, parts: Parts): void {
  const { store, dial, aftermath } = parts;
  const limitForm = limitBody(64 * 1024, (c) => c.text("The form is too large.", 413));
  const shellOf = (c: Context): Shell => ({
    path: c.req.path,
    search: c.req.query("q")?.trim().slice(0, 200) ?? "",
    dial: dial.current,
    url: parts.url,
    smtpUrl: parts.smtpUrl,
    webhookUrl: parts.webhooks.url,
    size: store.size,
  });
  const listed = ({ search }: Shell) => store.list({ search, limit: LIST_MAX });

  for (const path of ["/", "/mails/*", "/faults", "/faults/*"]) app.use(path, securityHeaders);

  app.get("/", (c) => {
    const shell = shellOf(c);
    return c.html(inboxPage(shell, listed(shell)));
  });

  app.get("/mails/:id", (c) => {
    const shell = shellOf(c);
    const mail = store.get(c.req.param("id"));
    if (!mail) return c.html(missingMailPage(shell, listed(shell)), 404);
    const view = c.req.query("view");
    return c.html(mailPage(shell, listed(shell), mail, isView(view) ? view : null));
  });

  app.get("/mails/:id/frame", (c) => {
    const mail = store.get(c.req.param("id"));
    if (!mail) return c.text("This mail is not here.", 404);
    c.header("content-security-policy", FRAME_POLICY);
    c.header("referrer-policy", "no-referrer");
    c.header("content-type", "text/html; charset=utf-8");
    return c.body(frameDocument(mail));
  });

  app.post("/mails/delete", async (c) => {
    await store.clear();
    return c.redirect("/", 303);
  });

  app.post("/mails/:id/events", limitForm, async (c) => {
    const mail = store.get(c.req.param("id"));
    if (!mail) return c.html(missingMailPage(shellOf(c), []), 404);
    const asked = (await c.req.parseBody()).type;
    const type = BY_HAND.find((known) => known === asked);
    if (!type) return c.text("This cannot happen to a mail.", 422);
    await aftermath.add(mail, type);
    return c.redirect(`/mails/${mail.id}`, 303);
  });

  const showFaults = (c: Context, form: FaultsForm, problems: readonly string[]) =>
    c.html(
      faultsPage(shellOf(c), { form, problems, injected: dial.injected }),
      problems.length > 0 ? 422 : 200,
    );

  app.get("/faults", (c) => showFaults(c, formOfDial(dial.current), []));
  app.post("/faults", limitForm, async (c) => {
    const { form, result } = readFaultsForm(await c.req.parseBody());
    if (!result.ok) return showFaults(c, form, result.problems);
    await dial.set(result.dial);
    return c.redirect("/faults", 303);
  });
  app.post("/faults/off", async (c) => {
    await dial.set(CALM);
    return c.redirect("/faults", 303);
  });

  addAssets(app, path.join(import.meta.dirname, "assets"), ASSETS);
}
