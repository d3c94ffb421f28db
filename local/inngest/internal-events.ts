// Events that the engine itself makes: about runs that ended, functions that are invoked, cron slots. Pure.
import type { Clock } from "./clock.ts";
import { newUlid, uuidOf } from "./ids.ts";
import { isObject, parseJson } from "./json.ts";
import type { Invocation } from "./ops.ts";
import { parsePayload } from "./registry.ts";
import type { CronRow } from "./store/functions.ts";
import type { EndedRun } from "./store/runs.ts";

/** An event that has been accepted and is about to be stored. */
export type AcceptedEvent = {
  id: string;
  externalId: string | null;
  name: string;
  payload: { [key: string]: unknown };
  /** Real time, as the sender said. */
  tsMs: number;
  /** Starts exactly this function instead of those whose trigger matches. */
  only?: { slug: string; parent?: { runId: string; stepId: string }; cron?: string };
};

const INVOKED = "inngest/function.invoked";

/** Events about runs; runs that these started do not emit them again, or they would breed. */
const ABOUT_RUNS = new Set([
  "inngest/function.failed",
  "inngest/function.finished",
  "inngest/function.cancelled",
]);

function makeEvent(
  name: string,
  data: { [key: string]: unknown },
  clock: Clock,
  more: { externalId?: string; user?: unknown } = {},
): AcceptedEvent {
  const tsMs = clock.realNow();
  const id = newUlid(tsMs);
  const externalId = more.externalId ?? null;
  const payload = { data, id: externalId ?? id, name, ts: tsMs, user: more.user ?? {} };
  return { id, externalId, name, payload, tsMs };
}

/**
 * `inngest/function.finished` for every run, and `.failed` or `.cancelled` before it. The failed event has the
 * run's id, so that onFailure runs once however often it is emitted.
 */
export function eventsAbout(run: EndedRun, clock: Clock): AcceptedEvent[] {
  const trigger = parsePayload(run.payload);
  if (ABOUT_RUNS.has(String(trigger.name))) return [];
  const { user: _user, ...bare } = trigger;
  const common = { event: trigger, events: [bare], function_id: run.function_slug, run_id: run.id };
  const error = run.error === null ? null : parseJson(run.error);
  const asError = isObject(error) ? { error: { error: error.name, ...error } } : {};
  const events: AcceptedEvent[] = [];
  if (run.status === "Failed" && isObject(error)) {
    const result = { __serialized: true, ...error };
    const data = { _inngest: { status: "Failed" }, ...asError, ...common, result };
    events.push(makeEvent("inngest/function.failed", data, clock, { externalId: run.id }));
  }
  if (run.status === "Cancelled") {
    const text = "function cancelled";
    const data = {
      _inngest: { status: "Cancelled" },
      error: { error: text, name: text, message: text },
      ...common,
    };
    events.push(makeEvent("inngest/function.cancelled", data, clock));
  }
  const result = run.output === null ? null : parseJson(run.output);
  const data = { _inngest: { status: run.status }, ...asError, ...common, result };
  events.push(makeEvent("inngest/function.finished", data, clock));
  return events;
}

/** What step.invoke of the parent answers, as JSON for its memo. */
export function memoForParent(run: EndedRun): string {
  if (run.status === "Completed") return `{"data":${run.output ?? "null"}}`;
  if (run.status === "Failed") return `{"error":${run.error ?? "{}"}}`;
  return JSON.stringify({ error: { name: "Error", message: "The invoked function was cancelled." } });
}

export function invokedEvent(
  runId: string,
  invocation: Invocation,
  appName: string,
  clock: Clock,
): AcceptedEvent {
  const data = isObject(invocation.data) ? invocation.data : {};
  const meta = {
    correlation_id: `${runId}.${invocation.step_id}`,
    fn_id: invocation.function_slug,
    name: invocation.name,
    source_app_id: uuidOf(`app:${appName}`),
    source_fn_v: 1,
  };
  const user = invocation.user;
  return {
    ...makeEvent(INVOKED, { ...data, _inngest: meta }, clock, { user }),
    only: { slug: invocation.function_slug, parent: { runId, stepId: invocation.step_id } },
  };
}

/** The event of a function that somebody invokes by hand, as `step.invoke` makes it but with nobody who waits for it. */
export function invokedByHand(
  slug: string,
  given: { data: { [key: string]: unknown }; user?: unknown },
  clock: Clock,
): AcceptedEvent {
  const data = { ...given.data, _inngest: { fn_id: slug } };
  return { ...makeEvent(INVOKED, data, clock, { user: given.user }), only: { slug } };
}

/** The event of one slot. Functions see the slot's time as its id; the schedule makes it unique here. */
export function cronEvent(cron: CronRow, slotMs: number, clock: Clock): AcceptedEvent {
  const slot = new Date(slotMs).toISOString().replace(".000Z", "Z");
  const data = { cron: cron.expression, scheduledAt: slot, fireAt: slot };
  const event = makeEvent("inngest/scheduled.timer", data, clock, { externalId: slot });
  return {
    ...event,
    externalId: `${slot} ${cron.expression}`,
    only: { slug: cron.function_slug, cron: cron.expression },
  };
}
