// What the SDK fetches and sends while a call is under way: state too large for the request, and checkpoints.
import type { Hono } from "hono";
import { jobIdOf } from "../call.ts";
import type { Context } from "../engine.ts";
import { requireKey } from "../guard.ts";
import { parseJson } from "../json.ts";
import { CheckpointBody, describeIssues } from "../protocol.ts";
import { isLeased } from "../store/jobs.ts";
import { loadRuns } from "../store/runs.ts";
import { loadSteps, settleSteps } from "../store/steps.ts";
import { limitBody } from "./body.ts";

export function addV0(app: Hono, context: Context): void {
  const { sql, signingKey } = context;

  app.get("/v0/runs/:id/batch", requireKey(signingKey), async (c) => {
    const run = (await loadRuns(sql, [c.req.param("id")])).get(c.req.param("id"));
    if (!run) return c.json({ status: 404, error: "No such run" }, 404);
    return c.body(`[${run.payload}]`, 200, { "content-type": "application/json" });
  });

  app.get("/v0/runs/:id/actions", requireKey(signingKey), async (c) => {
    const runId = c.req.param("id");
    if (!(await loadRuns(sql, [runId])).has(runId)) return c.json({ status: 404, error: "No such run" }, 404);
    const steps = await loadSteps(sql, [runId]);
    const entries = steps.flatMap((step) =>
      step.memo === null ? [] : [`${JSON.stringify(step.id)}:${step.memo}`],
    );
    return c.body(`{${entries.join(",")}}`, 200, { "content-type": "application/json" });
  });

  // Never asked for by this engine, whose calls omit ctx.fn_id; here for SDKs that checkpoint all the same.
  app.post("/v1/checkpoint/:id/async", requireKey(signingKey), limitBody, async (c) => {
    const parsed = CheckpointBody.safeParse(parseJson(await c.req.text()));
    if (!parsed.success) return c.json({ status: 400, error: describeIssues(parsed.error) }, 400);
    const runId = c.req.param("id");
    const { qi_id: queueItem, steps } = parsed.data;
    const odd = steps.find((step) => step.op !== "StepRun");
    if (odd)
      return c.json({ status: 400, error: `Only finished steps are checkpointed here, not ${odd.op}.` }, 400);
    // 409 tells the SDK to stop: somebody else has this job by now.
    if (!(await isLeased(sql, jobIdOf(queueItem), runId))) {
      return c.json({ status: 409, error: "This call is no longer the current one." }, 409);
    }
    const now = context.clock.now();
    await sql.begin((tx) =>
      settleSteps(
        tx,
        steps.map((step) => ({
          run_id: runId,
          id: step.id,
          op: step.op,
          name: (step.displayName ?? step.name ?? step.id).slice(0, 256),
          state: "completed",
          memo: `{"data":${JSON.stringify(step.data ?? null)}}`,
          started_at_ms: now,
          ended_at_ms: now,
          due_at_ms: null,
          race: false,
          wait_event: null,
          wait_if: null,
          wait_key: null,
          child_run_id: null,
          attempts: [],
        })),
      ),
    );
    context.loop.markStale(runId);
    return c.body("", 200, { "content-type": "application/json" });
  });
}
