// What events start, wake and cancel. Pure: the rows are given, and what is to be written is answered.
import type { Clock } from "./clock.ts";
import { compileExpression, lookupKeysOf } from "./expressions.ts";
import { newUlid } from "./ids.ts";
import type { AcceptedEvent } from "./internal-events.ts";
import {
  cancelKeyOf,
  cancels,
  idempotencyKeyOf,
  limitKeysOf,
  parsePayload,
  type RegisteredFunction,
  type Registry,
} from "./registry.ts";
import { type StartKey, startKey } from "./store/events.ts";
import type { CancellableRun, NewRun, RunEnd } from "./store/runs.ts";
import { type PendingEnd, stepKey, type WaitingStep } from "./store/steps.ts";

export type Start = {
  run: NewRun;
  runAtMs: number;
  /** The run may start only if all of these are free. */
  keys: StartKey[];
};

export function newRun(
  fn: RegisteredFunction,
  eventId: string,
  event: unknown,
  clock: Clock,
  id?: string,
): NewRun {
  return {
    id: id ?? newUlid(clock.realNow()),
    function_slug: fn.slug,
    event_id: eventId,
    max_attempts: fn.maxAttempts,
    limit_keys: limitKeysOf(fn, event),
    cancel_key: cancelKeyOf(fn, event),
    cron: null,
    parent_run_id: null,
    parent_step_id: null,
    original_run_id: null,
    created_at_ms: clock.now(),
  };
}

/** The runs that events would start. Of those that exclude each other within this list the first stays. */
export function planStarts(events: readonly AcceptedEvent[], registry: Registry, clock: Clock): Start[] {
  const starts = events.flatMap((event) => startsOf(event, registry, clock));
  const seen = new Set<string>();
  return starts.filter(({ keys }) => {
    const own = keys.map(startKey);
    if (own.some((key) => seen.has(key))) return false;
    for (const key of own) seen.add(key);
    return true;
  });
}

function startsOf(event: AcceptedEvent, registry: Registry, clock: Clock): Start[] {
  const only = event.only ? registry.functions.get(event.only.slug) : undefined;
  const functions = event.only ? (only ? [only] : []) : registry.startedBy(event.name, event.payload);
  const nowMs = clock.now();
  // A `ts` in the future delays the run; it is the sender's, so real time.
  const runAtMs = event.only ? nowMs : Math.max(nowMs, clock.fromReal(event.tsMs));
  return functions.map((fn) => {
    // An invocation is asked for by itself; only what came by a trigger is checked for being the same again.
    const idempotency =
      event.only && event.only.cron === undefined ? null : idempotencyKeyOf(fn, event.payload);
    const keys = [
      ...(event.externalId === null ? [] : [`event:${event.externalId}`]),
      ...(idempotency === null ? [] : [`value:${idempotency}`]),
    ];
    return {
      run: {
        ...newRun(fn, event.id, event.payload, clock),
        cron: event.only?.cron ?? null,
        parent_run_id: event.only?.parent?.runId ?? null,
        parent_step_id: event.only?.parent?.stepId ?? null,
      },
      runAtMs,
      keys: keys.map((key) => ({ function_slug: fn.slug, key })),
    };
  });
}

/** The waits that these events end, each by the first event that matches. */
export function matchWaiting(
  events: readonly AcceptedEvent[],
  waiting: readonly WaitingStep[],
): PendingEnd[] {
  const matched = new Map<string, PendingEnd>();
  for (const event of events) {
    for (const step of waiting) {
      const key = stepKey(step.run_id, step.id);
      if (step.wait_event !== event.name || matched.has(key)) continue;
      const variables = { event: parsePayload(step.payload), async: event.payload };
      if (step.wait_if !== null && !compileExpression(step.wait_if).matches(variables)) continue;
      const memo = JSON.stringify(event.payload);
      matched.set(key, { run_id: step.run_id, id: step.id, state: "completed", memo });
    }
  }
  return [...matched.values()];
}

/** The runs that these events cancel. */
export function matchCancelled(
  events: readonly AcceptedEvent[],
  runs: readonly CancellableRun[],
  registry: Registry,
  nowMs: number,
): RunEnd[] {
  return runs.flatMap((run) => {
    const fn = registry.functions.get(run.function_slug);
    if (!fn) return [];
    const about = { event: parsePayload(run.payload), ageMs: nowMs - run.created_at_ms };
    const by = events.find((event) => cancels(fn, about, { name: event.name, event: event.payload }));
    if (!by) return [];
    const message = `Cancelled by the event ${by.name} (${by.id}).`;
    return [
      {
        id: run.id,
        status: "Cancelled" as const,
        output: null,
        error: JSON.stringify({ name: "Cancelled", message }),
      },
    ];
  });
}

/** All lookup keys of these events, or null when one of them has too many to list. */
export function keysOf(events: readonly AcceptedEvent[]): string[] | null {
  const all = new Set<string>();
  for (const event of events) {
    const keys = lookupKeysOf(event.payload);
    if (keys === null) return null;
    for (const key of keys) all.add(key);
  }
  return [...all];
}
