// /v1/forget: what a real server has no call for. Whoever erases a person has their ids forgotten here as well.
import type { Hono } from "hono";
import { z } from "zod";
import type { Context } from "../engine.ts";
import { requireKey } from "../guard.ts";
import { parseJson } from "../json.ts";
import { describeIssues } from "../protocol.ts";
import { isTransient, type Sql } from "../store/database.ts";
import { type Forgotten, forgetWords } from "../store/forget.ts";
import { limitBody } from "./body.ts";

const Forget = z.strictObject({
  ids: z.array(z.uuid()).min(1).max(10_000),
  /** Names of events whose runs are still needed, whatever they hold. */
  keep: z.array(z.string()).max(100).default([]),
});

const TRIES_MAX = 3;

export function addForget(app: Hono, context: Context): void {
  app.post("/v1/forget", requireKey(context.signingKey), limitBody, async (c) => {
    const parsed = Forget.safeParse(parseJson(await c.req.text()));
    if (!parsed.success) {
      const hint = 'Send { "ids": ["…"] }, 1 to 10,000 UUIDs, and perhaps "keep", names of events.';
      return c.json({ status: 400, error: `${hint} (${describeIssues(parsed.error)})` }, 400);
    }
    return c.json({ data: await forgetInTurn(context.sql, parsed.data) });
  });
}

/** One at a time: each reads all there is, and whoever asked may have gone and asked again. */
let last: Promise<unknown> = Promise.resolve();

function forgetInTurn(sql: Sql, asked: z.infer<typeof Forget>): Promise<Forgotten> {
  const turn = last.then(() => forget(sql, asked));
  last = turn.catch(() => {});
  return turn;
}

/** Another engine may hold what we want, and wants what we hold. What took too long would take as long again. */
async function forget(sql: Sql, { ids, keep }: z.infer<typeof Forget>): Promise<Forgotten> {
  for (let attempt = 1; ; attempt++)
    try {
      return await sql.begin((tx) => forgetWords(tx, ids, keep));
    } catch (error) {
      const isTooSlow = (error as { code?: unknown }).code === "57014";
      if (attempt >= TRIES_MAX || isTooSlow || !isTransient(error)) throw error;
    }
}
