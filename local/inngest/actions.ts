// What a person or the API can do to a run.
import type { Context } from "./engine.ts";
import { newUlid } from "./ids.ts";
import { findRun } from "./store/queries.ts";

/** Cancels a run. "ended" when it was over already, null when there is no such run. */
export async function cancelRun(context: Context, runId: string): Promise<"cancelled" | "ended" | null> {
  const run = await findRun(context.sql, runId);
  if (!run) return null;
  if (run.status !== "Running") return "ended";
  const error = JSON.stringify({ name: "Cancelled", message: "Cancelled by hand." });
  await context.writer.submit({
    kind: "end",
    end: { id: runId, status: "Cancelled", output: null, error },
  });
  return "cancelled";
}

/** Starts a run again with the same event and answers the new run's id; a reason when that cannot be. */
export async function rerun(
  context: Context,
  runId: string,
): Promise<{ runId: string } | { refused: string } | null> {
  const run = await findRun(context.sql, runId);
  if (!run) return null;
  const fn = context.registry().functions.get(run.function_slug);
  if (!fn || fn.archivedAtMs !== null) {
    return { refused: `The app no longer has the function "${run.function_slug}".` };
  }
  const newRunId = newUlid(context.clock.realNow());
  await context.writer.submit({ kind: "rerun", rerun: { runId, newRunId, fn, eventId: run.event_id } });
  return { runId: newRunId };
}
