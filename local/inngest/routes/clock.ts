// /dev/clock: moves the engine's clock forward, in dev and tests. Without --clock it does not exist.
import type { Hono } from "hono";
import { z } from "zod";
import type { Context } from "../engine.ts";
import { parseJson } from "../json.ts";
import { describeIssues } from "../protocol.ts";
import { parseDuration } from "../schedule.ts";
import { addToOffset, findNextCron } from "../store/functions.ts";
import { findNextDue, hasWorkNow } from "../store/jobs.ts";
import { countUnfinished } from "../store/queries.ts";
import { limitBody } from "./body.ts";

/** No story is longer than the longest wait. */
export const ADVANCE_MAX_MS = 366 * 24 * 60 * 60 * 1000;

const Move = z.union([
  z.strictObject({ advance: z.string() }),
  z.strictObject({ advance_ms: z.number().int() }),
  z.strictObject({ advance_to_next: z.literal(true), crons: z.boolean().optional() }),
]);

export type ClockAnswer = { now: string; now_ms: number; offset_ms: number };

export function addClock(app: Hono, context: Context): void {
  if (!context.hasClockApi) return;
  const answer = (): ClockAnswer => ({
    now: new Date(context.clock.now()).toISOString(),
    now_ms: context.clock.now(),
    offset_ms: context.clock.offsetMs(),
  });

  // `busy`: something is running or due, so what follows from it is not scheduled yet. `unfinished`: runs without an end.
  app.get("/dev/clock", async (c) =>
    c.json({
      ...answer(),
      busy: await hasWorkNow(context.sql, context.clock.now()),
      unfinished: await countUnfinished(context.sql),
    }),
  );

  app.post("/dev/clock", limitBody, async (c) => {
    const parsed = Move.safeParse(parseJson(await c.req.text()));
    if (!parsed.success) {
      const hint = 'Send { "advance": "60s" }, { "advance_ms": 60000 } or { "advance_to_next": true }.';
      return c.json({ status: 400, error: `${hint} (${describeIssues(parsed.error)})` }, 400);
    }
    const move = parsed.data;
    if ("advance_to_next" in move) {
      const moved = await advanceToNext(context, move.crons ?? false);
      return c.json({ ...answer(), ...moved });
    }
    const byMs = "advance" in move ? parseDuration(move.advance) : move.advance_ms;
    if (byMs === null)
      return c.json({ status: 400, error: `"advance" must be a duration such as "60s".` }, 400);
    if (byMs < 0) return c.json({ status: 400, error: "The clock does not go back." }, 400);
    if (byMs > ADVANCE_MAX_MS)
      return c.json({ status: 400, error: "The clock moves 366 days at most." }, 400);
    await advance(context, byMs);
    return c.json(answer());
  });
}

/** Stored first, so that the time is the same after a crash; other engines are told. */
export async function advance(context: Context, byMs: number): Promise<void> {
  context.clock.adopt(await addToOffset(context.sql, byMs));
  await context.sql.notify("inngest_clock", "");
  context.loop.wake();
}

/**
 * Moves to the next job that is due later, unless something is running or due now: then there is nothing to
 * skip yet. With `crons`, a cron slot counts as well.
 */
export async function advanceToNext(
  context: Context,
  crons: boolean,
): Promise<{ moved: boolean; moved_ms: number; reason?: string }> {
  const { sql, clock } = context;
  const now = clock.now();
  if (await hasWorkNow(sql, now)) return { moved: false, moved_ms: 0, reason: "busy" };
  const due = await findNextDue(sql, now);
  const slot = crons ? await findNextCron(sql) : null;
  const times = [due, slot].filter((time) => time !== null);
  if (times.length === 0) return { moved: false, moved_ms: 0, reason: "nothing is scheduled" };
  const byMs = Math.max(Math.min(...times) - clock.now(), 0);
  await advance(context, byMs);
  return { moved: true, moved_ms: byMs };
}
