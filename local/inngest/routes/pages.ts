// The page's routes for reading, which needs no JavaScript. What it does is in page-actions.ts.
import path from "node:path";
import type { Hono, Context as HonoContext, MiddlewareHandler } from "hono";
import { addAssets } from "../../pages/assets.ts";
import type { Context } from "../engine.ts";
import { appPage } from "../pages/app.ts";
import { eventPage, eventsPage, readDraft, sendPage } from "../pages/events.ts";
import type { Html } from "../pages/format.ts";
import { functionPage, functionsPage } from "../pages/functions.ts";
import { messagePage } from "../pages/layout.ts";
import { overviewPage } from "../pages/overview.ts";
import { runPage } from "../pages/run.ts";
import { readRunsQuery, readWithin, runsPage } from "../pages/runs.ts";
import { readPage } from "./v1.ts";

const ASSETS = ["engine.css", "engine.client.js"] as const;

/** Event data is other people's text: nothing but our own style and script is ever loaded or run. */
const headers: MiddlewareHandler = async (c, next) => {
  await next();
  c.header(
    "content-security-policy",
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  c.header("x-content-type-options", "nosniff");
  // Not "no-referrer": forms would then come with "Origin: null", which the guard refuses.
  c.header("referrer-policy", "same-origin");
  c.header("cache-control", "no-store");
};

/** Answers a page, or that there is none. */
export function show(c: HonoContext, context: Context, page: Html | null) {
  return page === null ? c.html(notFound(context), 404) : c.html(page);
}

export function addPages(app: Hono, context: Context): void {
  const roots = ["/runs", "/events", "/functions", "/app", "/clock"];
  for (const root of ["/", ...roots, ...roots.map((one) => `${one}/*`)]) app.use(root, headers);

  addAssets(app, path.join(import.meta.dirname, "..", "pages", "assets"), ASSETS);

  app.get("/", async (c) => show(c, context, await overviewPage(context)));
  app.get("/app", (c) => show(c, context, appPage(context)));
  app.get("/functions", async (c) => show(c, context, await functionsPage(context)));
  app.get("/functions/:slug", async (c) =>
    show(c, context, await functionPage(context, c.req.param("slug"), null)),
  );
  app.get("/runs", async (c) => {
    const page = readPage(c);
    if (page === null) return show(c, context, null);
    const answer = await runsPage(context, page, readRunsQuery(c));
    return c.html(answer.page, answer.isRefused ? 400 : 200);
  });
  app.get("/runs/:id", async (c) => show(c, context, await runPage(context, c.req.param("id"))));
  app.get("/events", async (c) => {
    const page = readPage(c);
    const search = (c.req.query("q") ?? c.req.query("name") ?? "").trim();
    const asked = c.req.query("within")?.trim() ?? "";
    const within = readWithin(asked);
    const filter = {
      search,
      within,
      isWithinUnread: within !== asked,
      withInternal: c.req.query("internal") === "1",
    };
    return show(c, context, page && (await eventsPage(context, page, filter)));
  });
  app.get("/events/send", async (c) => {
    const draft = await readDraft(context, c.req.query("event") ?? "", c.req.query("name") ?? "");
    return show(c, context, sendPage(context, draft, null));
  });
  app.get("/events/:id", async (c) => show(c, context, await eventPage(context, c.req.param("id"))));
}

function notFound(context: Context): Html {
  return messagePage(context, "Not found", "There is nothing here, or it is older than 7 days.");
}
