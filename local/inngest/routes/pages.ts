// The page's routes. Reading needs no JavaScript; every action is a form.
import type { Hono, Context as HonoContext, MiddlewareHandler } from "hono";
import { html } from "hono/html";
import { streamSSE } from "hono/streaming";
import { cancelRun, rerun } from "../actions.ts";
import type { Context } from "../engine.ts";
import type { Html } from "../pages/format.ts";
import { layout } from "../pages/layout.ts";
import { eventPage, eventsPage, functionsPage, readStatus, runsPage } from "../pages/lists.ts";
import { overviewPage } from "../pages/overview.ts";
import { runPage } from "../pages/run.ts";
import { SCRIPT, STYLE } from "../pages/style.ts";
import { parseDuration } from "../schedule.ts";
import { readPulse } from "../store/queries.ts";
import { limitBody } from "./body.ts";
import { ADVANCE_MAX_MS, advance, advanceToNext } from "./clock.ts";
import { readPage } from "./v1.ts";

const PULSE_MS = 1_000;
const HEARTBEAT_MS = 15_000;

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

export function addPages(app: Hono, context: Context): void {
  const show = async (c: HonoContext, page: Html | null) =>
    page === null ? c.html(notFound(context), 404) : c.html(page);

  for (const path of ["/", "/runs", "/runs/*", "/events", "/events/*", "/functions"]) app.use(path, headers);

  app.get("/style.css", (c) => c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }));
  app.get("/live.js", (c) => c.body(SCRIPT, 200, { "content-type": "text/javascript; charset=utf-8" }));

  app.get("/", async (c) => show(c, await overviewPage(context)));
  app.get("/functions", async (c) => show(c, functionsPage(context)));
  app.get("/runs", async (c) => {
    const page = readPage(c);
    if (!page) return await show(c, null);
    const functionSlug = c.req.query("function") || null;
    return await show(
      c,
      await runsPage(context, page, { status: readStatus(c.req.query("status")), functionSlug }),
    );
  });
  app.get("/runs/:id", async (c) => show(c, await runPage(context, c.req.param("id"))));
  app.get("/events", async (c) => {
    const page = readPage(c);
    return await show(c, page && (await eventsPage(context, page, c.req.query("name") || null)));
  });
  app.get("/events/:id", async (c) => show(c, await eventPage(context, c.req.param("id"))));

  app.post("/runs/:id/cancel", async (c) => {
    const done = await cancelRun(context, c.req.param("id"));
    return done === null ? await show(c, null) : c.redirect(`/runs/${c.req.param("id")}`, 303);
  });
  app.post("/runs/:id/rerun", async (c) => {
    const made = await rerun(context, c.req.param("id"));
    if (made === null) return await show(c, null);
    if ("refused" in made) return c.html(message(context, "Not possible", made.refused), 409);
    return c.redirect(`/runs/${made.runId}`, 303);
  });

  if (context.hasClockApi) {
    app.post("/clock", limitBody, async (c) => {
      const form = new URLSearchParams(await c.req.text());
      if (form.get("next") !== null) {
        await advanceToNext(context, true);
        return c.redirect("/", 303);
      }
      const byMs = parseDuration(form.get("advance") ?? "");
      if (byMs === null || byMs > ADVANCE_MAX_MS) {
        return c.html(
          message(context, "Not a duration", "Write for example 60s, 15m or 1h30m, up to 366 days."),
          400,
        );
      }
      await advance(context, byMs);
      return c.redirect("/", 303);
    });
  }

  app.get("/live", (c) =>
    streamSSE(c, async (stream) => {
      let known = await readPulse(context.sql).catch(() => "");
      let quietMs = 0;
      await stream.writeSSE({ event: "open", data: "", retry: 1_000 });
      while (!stream.aborted && !stream.closed) {
        await stream.sleep(PULSE_MS);
        const pulse = await readPulse(context.sql).catch(() => known);
        quietMs += PULSE_MS;
        if (pulse !== known) await stream.writeSSE({ event: "change", data: "" });
        else if (quietMs >= HEARTBEAT_MS) await stream.write(": still here\n\n");
        else continue;
        quietMs = 0;
        known = pulse;
      }
    }),
  );
}

function message(context: Context, title: string, text: string): Html {
  return layout(context, "", title, html`<p>${text}</p><p><a href="/">Overview</a></p>`);
}

function notFound(context: Context): Html {
  return message(context, "Not found", "There is nothing here, or it is older than 7 days.");
}
