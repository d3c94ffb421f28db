// POST /fn/register, where an app registers by itself (out-of-band sync).
import type { Hono } from "hono";
import type { Context } from "../engine.ts";
import { requireKey } from "../guard.ts";
import { parseJson } from "../json.ts";
import { limitBody } from "./body.ts";

export function addRegister(app: Hono, context: Context): void {
  app.post("/fn/register", requireKey(context.signingKey), limitBody, async (c) => {
    const kind = context.signingKey === null ? "dev" : "cloud";
    const expected = c.req.header("x-inngest-expected-server-kind");
    if (expected !== undefined && expected !== kind) {
      return c.json({ ok: false, error: `This is a ${kind} server, and the app expects ${expected}.` }, 400);
    }
    const body = parseJson(await c.req.text());
    if (body === undefined) return c.json({ ok: false, error: "The body is not JSON." }, 400);
    const answer = await context.sync.register(body);
    if (!answer.ok) {
      context.log(`Refused a registration: ${answer.error}`);
      return c.json({ ok: false, error: answer.error }, 400);
    }
    return c.json({ ok: true, modified: answer.modified, sync_id: answer.syncId, app_id: answer.appId });
  });
}
