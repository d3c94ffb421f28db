// The REST API, version 1: events, their runs, one run.
import type { Hono, Context as HonoContext } from "hono";
import { cancelRun } from "../actions.ts";
import type { Context } from "../engine.ts";
import { requireKey } from "../guard.ts";
import { isUlid, uuidOf } from "../ids.ts";
import { parseJson } from "../json.ts";
import { parsePayload } from "../registry.ts";
import type { EventRow } from "../store/events.ts";
import {
  findEvents,
  findRun,
  listEvents,
  listJobs,
  listRuns,
  type Page,
  type RunItem,
} from "../store/queries.ts";

export const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** `limit` (1 … 100, default 20) and `cursor` (the last id of the page before). Null when they make no sense. */
export function readPage(c: HonoContext): Page | null {
  const limit = Number(c.req.query("limit") ?? 20);
  const before = c.req.query("cursor") ?? null;
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return null;
  return before !== null && !isUlid(before) ? null : { limit, before };
}

export function addV1(app: Hono, context: Context): void {
  const { sql, signingKey } = context;
  const auth = requireKey(signingKey);
  const answer = (c: HonoContext, data: unknown) =>
    c.json({ data, metadata: { fetched_at: new Date().toISOString(), cached_until: null } });
  const missing = (c: HonoContext, what: string) => c.json({ error: `${what} not found`, status: 404 }, 404);

  app.get("/v1/events", auth, async (c) => {
    const page = readPage(c);
    if (!page) return c.json({ error: "limit must be 1 to 100, cursor an event id", status: 400 }, 400);
    return answer(c, (await listEvents(sql, page, { name: c.req.query("name") ?? null })).map(eventOf));
  });

  app.get("/v1/events/:id", auth, async (c) => {
    const [event] = await findEvents(sql, c.req.param("id"));
    return event ? answer(c, eventOf(event)) : missing(c, "event");
  });

  // The real server knows the internal id only; here the id that the sender gave works as well, so that
  // whoever sent `id: <outbox row>` can ask without remembering what the engine called it.
  app.get("/v1/events/:id/runs", auth, async (c) => {
    const events = await findEvents(sql, c.req.param("id"));
    if (events.length === 0) return missing(c, "event");
    const filter = { eventIds: events.map((event) => event.id) };
    const runs = await listRuns(sql, { limit: 100, before: null }, filter);
    return answer(
      c,
      runs.map((run) => runOf(context, run)),
    );
  });

  app.get("/v1/runs/:id", auth, async (c) => {
    const run = await findRun(sql, c.req.param("id"));
    return run ? answer(c, runOf(context, run)) : missing(c, "run");
  });

  app.get("/v1/runs/:id/jobs", auth, async (c) => {
    if (!(await findRun(sql, c.req.param("id")))) return missing(c, "run");
    const jobs = await listJobs(sql, c.req.param("id"));
    return answer(
      c,
      jobs.map((job, position) => ({
        at: iso(job.run_at_ms),
        position,
        kind: job.kind,
        attempt: job.attempt,
        id: job.id,
        step_id: job.step_id,
        executing: job.is_executing,
      })),
    );
  });

  app.delete("/v1/runs/:id", auth, async (c) => {
    const done = await cancelRun(context, c.req.param("id"));
    if (done === null) return missing(c, "run");
    if (done === "ended") return c.json({ error: "The run has already ended", status: 409 }, 409);
    return c.body(null, 204);
  });
}

function eventOf(event: EventRow) {
  const payload = parsePayload(event.payload);
  return {
    internal_id: event.id,
    received_at: iso(event.received_at_ms),
    id: payload.id,
    name: event.name,
    data: payload.data,
    user: payload.user,
    ts: event.ts_ms,
    ...(payload.v === undefined ? {} : { v: payload.v }),
  };
}

/** Unlike the real server's version 1, which says "Completed" of a run that is still going. */
export function runOf(context: Context, run: RunItem) {
  return {
    run_id: run.id,
    run_started_at: iso(run.started_at_ms ?? run.created_at_ms),
    ended_at: iso(run.ended_at_ms),
    status: run.status,
    function_id: uuidOf(`function:${context.sync.state.appName ?? "app"}:${run.function_slug}`),
    function_slug: run.function_slug,
    function_version: 1,
    environment_id: "00000000-0000-4000-b000-000000000000",
    event_id: run.event_id,
    batch_id: null,
    cron: run.cron,
    original_run_id: run.original_run_id,
    output: outputOf(run),
    // What is not in the real answer: when the next call is due, for whoever waits for it.
    next_at: run.status === "Running" ? iso(run.next_at_ms) : null,
  };
}

/** The result, or the error as the SDK serialized it. */
export function outputOf(run: RunItem): unknown {
  if (run.output !== null) return parseJson(run.output);
  return run.error === null ? null : parseJson(run.error);
}
