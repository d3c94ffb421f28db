// The REST API, version 2: runs, apps and functions, for ops pages. Also under /api/v2, as on the real server.
import type { Hono, Context as HonoContext } from "hono";
import { cancelRun, rerun } from "../actions.ts";
import type { Context } from "../engine.ts";
import { requireKey } from "../guard.ts";
import { uuidOf } from "../ids.ts";
import type { RegisteredFunction } from "../registry.ts";
import { findEvents, findRun, listRuns, listSteps, type RunItem } from "../store/queries.ts";
import type { RunStatus } from "../store/runs.ts";
import { iso, outputOf, readPage } from "./v1.ts";

const STATUSES: Readonly<Record<string, RunStatus>> = {
  RUNNING: "Running",
  COMPLETED: "Completed",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

export function addV2(app: Hono, context: Context): void {
  for (const base of ["/v2", "/api/v2"]) addUnder(app, context, base);
}

function addUnder(app: Hono, context: Context, base: string): void {
  const { sql } = context;
  const auth = requireKey(context.signingKey);
  const metadata = () => ({ fetchedAt: new Date().toISOString(), cachedUntil: null });
  const answer = (c: HonoContext, data: unknown) => c.json({ data, metadata: metadata() });
  const list = (c: HonoContext, runs: readonly RunItem[], limit: number) =>
    c.json({
      data: runs.map((run) => runOf(context, run)),
      metadata: metadata(),
      page: { limit, hasMore: runs.length === limit, cursor: runs.at(-1)?.id ?? null },
    });
  const fail = (c: HonoContext, status: 400 | 404 | 409, message: string) =>
    c.json({ errors: [{ code: status === 404 ? "not_found" : "invalid_request", message }] }, status);

  app.get(`${base}/health`, (c) => answer(c, { status: "ok" }));

  app.get(`${base}/runs`, auth, async (c) => {
    const page = readPage(c);
    const wanted = c.req.query("status");
    const status = wanted === undefined ? null : STATUSES[wanted.toUpperCase()];
    if (!page) return fail(c, 400, "limit must be 1 to 100, cursor a run id");
    if (status === undefined)
      return fail(c, 400, `status must be one of ${Object.keys(STATUSES).join(", ")}`);
    const functionSlug = c.req.query("functionId") ?? c.req.query("function") ?? null;
    return list(
      c,
      await listRuns(sql, page, { statuses: status === null ? [] : [status], functionSlug }),
      page.limit,
    );
  });

  app.get(`${base}/runs/:id`, auth, async (c) => {
    const run = await findRun(sql, c.req.param("id"));
    return run ? answer(c, runOf(context, run)) : fail(c, 404, "Run not found");
  });

  app.get(`${base}/runs/:id/trace`, auth, async (c) => {
    const run = await findRun(sql, c.req.param("id"));
    if (!run) return fail(c, 404, "Run not found");
    const steps = await listSteps(sql, run.id);
    return answer(c, {
      runId: run.id,
      status: run.status.toUpperCase(),
      attempts: run.attempts,
      steps: steps.map((step) => ({
        id: step.id,
        name: step.name,
        op: step.op,
        status: step.state.toUpperCase(),
        startedAt: iso(step.started_at_ms),
        endedAt: iso(step.ended_at_ms),
        dueAt: iso(step.due_at_ms),
        attempts: step.attempts,
      })),
    });
  });

  app.post(`${base}/runs/:id/rerun`, auth, async (c) => {
    const made = await rerun(context, c.req.param("id"), null);
    if (!made) return fail(c, 404, "Run not found");
    return "refused" in made ? fail(c, 409, made.refused) : answer(c, { id: made.runId, runId: made.runId });
  });

  app.post(`${base}/runs/:id/cancel`, auth, async (c) => {
    const done = await cancelRun(context, c.req.param("id"));
    if (done === null) return fail(c, 404, "Run not found");
    if (done === "ended") return fail(c, 409, "The run has already ended");
    return answer(c, { id: c.req.param("id"), status: "CANCELLED" });
  });

  app.get(`${base}/events/:id/runs`, auth, async (c) => {
    const page = readPage(c);
    if (!page) return fail(c, 400, "limit must be 1 to 100, cursor a run id");
    const events = await findEvents(sql, c.req.param("id"));
    if (events.length === 0) return fail(c, 404, "Event not found");
    return list(c, await listRuns(sql, page, { eventIds: events.map((event) => event.id) }), page.limit);
  });

  app.get(`${base}/apps`, auth, (c) =>
    answer(c, context.sync.state.appName === null ? [] : [appOf(context)]),
  );

  app.get(`${base}/apps/:id/functions`, auth, (c) => {
    if (!isOurApp(context, c.req.param("id"))) return fail(c, 404, "App not found");
    return answer(c, [...context.registry().functions.values()].map(functionOf));
  });

  app.get(`${base}/apps/:id/functions/:fn`, auth, (c) => {
    const fn = context.registry().functions.get(c.req.param("fn"));
    if (!isOurApp(context, c.req.param("id")) || !fn) return fail(c, 404, "Function not found");
    return answer(c, functionOf(fn));
  });

  app.get(`${base}/apps/:id/functions/:fn/runs`, auth, async (c) => {
    const page = readPage(c);
    if (!page) return fail(c, 400, "limit must be 1 to 100, cursor a run id");
    const fn = context.registry().functions.get(c.req.param("fn"));
    if (!isOurApp(context, c.req.param("id")) || !fn) return fail(c, 404, "Function not found");
    return list(c, await listRuns(sql, page, { functionSlug: fn.slug }), page.limit);
  });
}

function isOurApp(context: Context, id: string): boolean {
  const name = context.sync.state.appName;
  return name !== null && (id === name || id === uuidOf(`app:${name}`));
}

function appOf(context: Context) {
  const { appName, sdk, framework, syncedAtMs, error, isReachable } = context.sync.state;
  const functions = [...context.registry().functions.values()];
  return {
    id: appName,
    internalId: uuidOf(`app:${appName}`),
    name: appName,
    url: context.appUrl.href,
    sdk,
    framework,
    isConnected: isReachable && error === null,
    syncedAt: iso(syncedAtMs),
    error,
    functionCount: functions.filter((fn) => fn.archivedAtMs === null).length,
  };
}

function functionOf(fn: RegisteredFunction) {
  return {
    id: fn.slug,
    internalId: fn.id,
    name: fn.name,
    isArchived: fn.archivedAtMs !== null,
    triggers: fn.config.triggers.map((trigger) =>
      "event" in trigger
        ? { event: trigger.event, ...(trigger.expression ? { if: trigger.expression } : {}) }
        : { cron: trigger.cron },
    ),
    maxAttempts: fn.maxAttempts,
    createdAt: iso(fn.createdAtMs),
  };
}

function runOf(context: Context, run: RunItem) {
  const name = context.sync.state.appName ?? "app";
  return {
    id: run.id,
    status: run.status.toUpperCase(),
    app: { id: name },
    function: { id: run.function_slug },
    trigger: { eventName: run.event_name, eventIds: [run.event_id], cron: run.cron },
    originalRunId: run.original_run_id,
    queuedAt: iso(run.created_at_ms),
    startedAt: iso(run.started_at_ms),
    endedAt: iso(run.ended_at_ms),
    output: outputOf(run),
    isExecuting: run.is_executing,
    nextAt: run.status === "Running" ? iso(run.next_at_ms) : null,
  };
}
