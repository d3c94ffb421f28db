// What a person or the API can do: to a run, with an event, with a function. Each goes through the writer.
import type { Context } from "./engine.ts";
import { newUlid } from "./ids.ts";
import { type AcceptedEvent, invokedByHand } from "./internal-events.ts";
import type { Rerun } from "./reruns.ts";
import { findStep } from "./store/lookups.ts";
import { findRun, listRuns } from "./store/queries.ts";

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

/**
 * Starts a run again with the same event and answers the new run's id; a reason when that cannot be. With
 * `from`, from that step of the run on: what was there before it is taken over.
 */
export async function rerun(
  context: Context,
  runId: string,
  from: Rerun["from"],
): Promise<{ runId: string } | { refused: string } | null> {
  const run = await findRun(context.sql, runId);
  if (!run) return null;
  const fn = context.registry().functions.get(run.function_slug);
  if (!fn || fn.archivedAtMs !== null) return { refused: noFunction(run.function_slug) };
  if (from !== null) {
    const step = await findStep(context.sql, runId, from.stepId);
    if (!step) return { refused: `The run has no step "${from.stepId}".` };
    if (from.input !== null && !step.takesInput)
      return { refused: `The step "${from.stepId}" was given no input, so it takes no other one.` };
  }
  const newRunId = newUlid(context.clock.realNow());
  await context.writer.submit({
    kind: "rerun",
    rerun: { runId, newRunId, fn, eventId: run.event_id, from },
  });
  return { runId: newRunId };
}

/** Stores events and starts what they start. Rejects when the database does not take them now. */
export async function acceptEvents(context: Context, events: AcceptedEvent[]): Promise<void> {
  await context.writer.submit({ kind: "events", events });
}

/** Runs one function for data of its own, whatever its triggers are, and answers the new run's id. */
export async function invoke(
  context: Context,
  slug: string,
  given: { data: { [key: string]: unknown }; user?: unknown },
): Promise<{ runId: string } | { refused: string } | null> {
  const fn = context.registry().functions.get(slug);
  if (!fn) return null;
  if (fn.archivedAtMs !== null) return { refused: noFunction(slug) };
  const event = invokedByHand(slug, given, context.clock);
  await acceptEvents(context, [event]);
  const [run] = await listRuns(context.sql, { limit: 1, before: null }, { eventIds: [event.id] });
  // Only if the app took the function away at this very moment.
  return run ? { runId: run.id } : { refused: noFunction(slug) };
}

function noFunction(slug: string): string {
  return `The app no longer has the function "${slug}".`;
}
