// What the page's forms do. The guard has refused what other sites' pages send before any of this is reached.
import type { Hono, Context as HonoContext } from "hono";
import { z } from "zod";
import { acceptEvents, cancelRun, invoke, rerun } from "../actions.ts";
import type { Context } from "../engine.ts";
import type { AcceptedEvent } from "../internal-events.ts";
import { describeJsonError, parseJson } from "../json.ts";
import { sendPage } from "../pages/events.ts";
import { functionPage } from "../pages/functions.ts";
import { messagePage } from "../pages/layout.ts";
import { describeIssues, EVENT_BYTES_MAX, EVENTS_PER_REQUEST_MAX } from "../protocol.ts";
import { parseDuration } from "../schedule.ts";
import { limitBody } from "./body.ts";
import { ADVANCE_MAX_MS, advance, advanceToNext } from "./clock.ts";
import { readEvents } from "./events.ts";
import { show } from "./pages.ts";

const Invocation = z.strictObject({
  data: z.record(z.string(), z.unknown()),
  user: z.record(z.string(), z.unknown()).optional(),
});

const readForm = async (c: HonoContext) => new URLSearchParams(await c.req.text());

export function addPageActions(app: Hono, context: Context): void {
  const missing = (c: HonoContext) => show(c, context, null);
  const refuse = (c: HonoContext, reason: string) =>
    c.html(messagePage(context, "Not possible", reason), 409);

  app.post("/runs/:id/cancel", async (c) => {
    const done = await cancelRun(context, c.req.param("id"));
    return done === null ? missing(c) : c.redirect(`/runs/${c.req.param("id")}`, 303);
  });

  app.post("/runs/:id/rerun", limitBody, async (c) => {
    const form = await readForm(c);
    const stepId = form.get("from");
    const text = form.get("input");
    const input = text === null ? null : parseJson(text);
    if (input !== null && !Array.isArray(input)) {
      const reason = describeJsonError(text ?? "") ?? "It is not a list.";
      const title = "Not an input";
      return c.html(messagePage(context, title, `Write the step's arguments as a JSON list. ${reason}`), 400);
    }
    const made = await rerun(context, c.req.param("id"), stepId ? { stepId, input } : null);
    if (made === null) return missing(c);
    return "refused" in made ? refuse(c, made.refused) : c.redirect(`/runs/${made.runId}`, 303);
  });

  app.post("/events/send", limitBody, async (c) => {
    const text = (await readForm(c)).get("event") ?? "";
    const read = readSent(text, context.clock.realNow());
    if ("error" in read) return c.html(sendPage(context, text, read.error), 400);
    try {
      await acceptEvents(context, read.accepted);
    } catch (reason) {
      context.log(`Events could not be stored: ${String(reason)}`);
      return c.html(sendPage(context, text, "The database did not take it now. Try again."), 503);
    }
    const [first] = read.accepted;
    return c.redirect(first && read.accepted.length === 1 ? `/events/${first.id}` : "/events", 303);
  });

  app.post("/functions/:slug/invoke", limitBody, async (c) => {
    const slug = c.req.param("slug");
    const value = (await readForm(c)).get("payload") ?? "";
    const fail = async (error: string) => {
      const page = await functionPage(context, slug, { value, error });
      return page === null ? missing(c) : c.html(page, 400);
    };
    const notJson = describeJsonError(value);
    if (notJson !== null) return await fail(`This is not JSON. ${notJson}`);
    const payload = Invocation.safeParse(parseJson(value));
    if (!payload.success)
      return await fail(`Write { "data": { … } }, an object. ${describeIssues(payload.error)}`);
    if (value.length > EVENT_BYTES_MAX) return await fail("An event may have 3 MB at most.");
    const made = await invoke(context, slug, payload.data);
    if (made === null) return missing(c);
    return "refused" in made ? refuse(c, made.refused) : c.redirect(`/runs/${made.runId}`, 303);
  });

  app.post("/app/sync", async (c) => {
    await context.sync.again();
    return c.redirect("/app", 303);
  });

  if (!context.hasClockApi) return;
  app.post("/clock", limitBody, async (c) => {
    const form = await readForm(c);
    if (form.get("next") !== null) {
      await advanceToNext(context, true);
      return c.redirect("/", 303);
    }
    const byMs = parseDuration(form.get("advance") ?? "");
    if (byMs === null || byMs > ADVANCE_MAX_MS) {
      const hint = "Write for example 60s, 15m or 1h30m, up to 366 days.";
      return c.html(messagePage(context, "Not a duration", hint), 400);
    }
    await advance(context, byMs);
    return c.redirect("/", 303);
  });
}

/** Unlike the API, the form takes all of a list or nothing: whoever mends it would send the first ones twice. */
function readSent(text: string, realNowMs: number): { accepted: AcceptedEvent[] } | { error: string } {
  const notJson = describeJsonError(text);
  if (notJson !== null) return { error: `This is not JSON. ${notJson}` };
  const body = parseJson(text);
  const list = Array.isArray(body) ? body : [body];
  if (list.length === 0) return { error: "The list is empty." };
  if (list.length > EVENTS_PER_REQUEST_MAX)
    return { error: `A list may have ${EVENTS_PER_REQUEST_MAX} events at most.` };
  const read = readEvents(list, "", realNowMs);
  return read.error === null ? { accepted: read.accepted } : { error: read.error };
}
