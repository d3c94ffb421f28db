// Runs that start again: with the event of an earlier one, from the beginning or from one of its steps.
import type { Clock } from "./clock.ts";
import { newRun, type Start } from "./consequences.ts";
import { parsePayload, type RegisteredFunction } from "./registry.ts";
import type { Transaction } from "./store/database.ts";
import { loadEvents } from "./store/events.ts";
import { copyStepsBefore } from "./store/steps.ts";

export type Rerun = {
  runId: string;
  newRunId: string;
  fn: RegisteredFunction;
  eventId: string;
  /** The step to begin with: what the run had before it, the new run has too. Null: from the beginning. */
  fromStep: string | null;
};

/** Their starts; those whose event is gone by now are left out. */
export async function planReruns(tx: Transaction, reruns: readonly Rerun[], clock: Clock): Promise<Start[]> {
  const events = await loadEvents(tx, [...new Set(reruns.map((one) => one.eventId))]);
  return reruns.flatMap((one): Start[] => {
    const event = events.get(one.eventId);
    if (!event) return [];
    const run = newRun(one.fn, one.eventId, parsePayload(event.payload), clock, one.newRunId);
    return [{ run: { ...run, original_run_id: one.runId }, runAtMs: clock.now(), keys: [] }];
  });
}

/** Gives the new runs what the earlier ones had before the steps that they begin with. */
export async function takeOverSteps(tx: Transaction, reruns: readonly Rerun[], nowMs: number): Promise<void> {
  for (const { runId, newRunId, fromStep } of reruns)
    if (fromStep !== null) await copyStepsBefore(tx, { from: runId, to: newRunId, before: fromStep }, nowMs);
}
