// A run as the engine holds it in memory while it executes it.
import type { Sql } from "./store/database.ts";
import { loadRuns, type Run } from "./store/runs.ts";
import { loadSteps } from "./store/steps.ts";

/** What is known of a run while this engine executes it. */
export type RunState = {
  run: Run;
  event: string;
  memos: Map<string, string>;
  stepCount: number;
  pendingCount: number;
  jobCount: number;
  /** Set when something outside the loop changed the run (a checkpoint). */
  isStale: boolean;
};

/** Loads what calls need, in two queries for any number of runs. */
export async function loadStates(sql: Sql, runIds: readonly string[]): Promise<Map<string, RunState>> {
  const [runs, steps] = await Promise.all([loadRuns(sql, runIds), loadSteps(sql, runIds)]);
  const states = new Map<string, RunState>();
  for (const run of runs.values()) {
    states.set(run.id, {
      run,
      event: run.payload,
      memos: new Map(),
      stepCount: 0,
      pendingCount: 0,
      jobCount: run.job_count,
      isStale: false,
    });
  }
  for (const step of steps) {
    const state = states.get(step.run_id);
    if (!state) continue;
    state.stepCount++;
    if (step.memo !== null) state.memos.set(step.id, step.memo);
    else if (step.state !== "retrying") state.pendingCount++;
  }
  return states;
}
