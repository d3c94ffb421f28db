// Runs that start again: with the event of an earlier one, from the beginning or from one of its steps.
import type { Clock } from "./clock.ts";
import { newRun, type Start } from "./consequences.ts";
import { parsePayload, type RegisteredFunction } from "./registry.ts";
import type { Transaction } from "./store/database.ts";
import { loadEvents } from "./store/events.ts";
import { copyStepsBefore, giveInput } from "./store/steps.ts";

export type Rerun = {
  runId: string;
  newRunId: string;
  fn: RegisteredFunction;
  eventId: string;
  /**
   * The step to begin with: what the run had before it, the new run has too. With an input, arguments for it in the
   * place of those that the function gives it. Null: from the beginning.
   */
  from: { stepId: string; input: readonly unknown[] | null } | null;
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

const INPUT_MEMO = '{"type":"input","input":';

/** What tells the SDK that a step has not run yet, and what it is to be given when it does. */
function inputMemo(input: string): string {
  return `${INPUT_MEMO}${input}}`;
}

export function isInputMemo(memo: string): boolean {
  return memo.startsWith(INPUT_MEMO);
}

/** Gives the new runs what the earlier ones had before the steps that they begin with. */
export async function takeOverSteps(tx: Transaction, reruns: readonly Rerun[], nowMs: number): Promise<void> {
  for (const { runId, newRunId, from } of reruns) {
    if (from === null) continue;
    await copyStepsBefore(tx, { from: runId, to: newRunId, before: from.stepId }, nowMs);
    if (from.input === null) continue;
    const input = JSON.stringify(from.input);
    await giveInput(tx, { from: runId, to: newRunId, step: from.stepId, input }, inputMemo(input), nowMs);
  }
}
