// The app's functions in memory: which one an event starts, cancels or limits. Rebuilt after every sync.
import { createHash } from "node:crypto";
import { compileExpression, type Expression, lookupKey } from "./expressions.ts";
import { isObject, parseJson } from "./json.ts";
import { FunctionConfig, RETRIES_DEFAULT } from "./protocol.ts";
import { parseDuration } from "./schedule.ts";
import type { FunctionRow } from "./store/functions.ts";
import type { Limit as JobLimit } from "./store/jobs.ts";

export type Cancellation = { event: string; expression: Expression | null; timeoutMs: number | null };
type Limit = { limit: number; key: Expression | null };

export type RegisteredFunction = {
  slug: string;
  id: string;
  name: string;
  config: FunctionConfig;
  archivedAtMs: number | null;
  createdAtMs: number;
  maxAttempts: number;
  crons: string[];
  cancellations: Cancellation[];
  limits: Limit[];
  idempotency: Expression | null;
};

type EventTrigger = { fn: RegisteredFunction; pattern: string; expression: Expression | null };

export type Registry = {
  /** Every known function, archived ones too, by slug. */
  functions: ReadonlyMap<string, RegisteredFunction>;
  /** Functions that an event starts, each once. */
  startedBy(name: string, event: unknown): RegisteredFunction[];
  /** Functions whose runs an event of this name can cancel. */
  cancelledBy(name: string): RegisteredFunction[];
  /** Every concurrency limit there is. */
  limits: readonly JobLimit[];
};

export function createRegistry(rows: readonly FunctionRow[]): Registry {
  const functions = new Map<string, RegisteredFunction>();
  const triggers: EventTrigger[] = [];
  const cancelling = new Map<string, RegisteredFunction[]>();
  for (const row of rows) {
    const parsed = FunctionConfig.safeParse(parseJson(row.config));
    if (!parsed.success) continue;
    const fn = readFunction(row, parsed.data);
    functions.set(fn.slug, fn);
    // Runs of an archived function can still be cancelled, but no event starts one.
    for (const name of new Set(fn.cancellations.map((one) => one.event))) {
      cancelling.set(name, [...(cancelling.get(name) ?? []), fn]);
    }
    if (fn.archivedAtMs !== null) continue;
    for (const trigger of parsed.data.triggers) {
      if (!("event" in trigger)) continue;
      triggers.push({ fn, pattern: trigger.event, expression: compileOptional(trigger.expression) });
    }
  }
  return {
    functions,
    startedBy: (name, event) => {
      const matching = triggers.filter(
        (trigger) => matchesName(trigger.pattern, name) && (trigger.expression?.matches({ event }) ?? true),
      );
      return [...new Set(matching.map((trigger) => trigger.fn))];
    },
    cancelledBy: (name) => cancelling.get(name) ?? [],
    limits: [...functions.values()].flatMap((fn) =>
      fn.limits.map(({ limit }, index) => ({ prefix: `${fn.slug}#${index}`, places: limit })),
    ),
  };
}

/** `shop/order.*` matches every event whose name starts with `shop/order.`, as on the real server. */
function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function compileOptional(source: string | undefined): Expression | null {
  return source === undefined ? null : compileExpression(source);
}

function readFunction(row: FunctionRow, config: FunctionConfig): RegisteredFunction {
  return {
    slug: row.slug,
    id: row.id,
    name: row.name,
    config,
    archivedAtMs: row.archived_at_ms,
    createdAtMs: row.created_at_ms,
    maxAttempts: (config.steps.step?.retries?.attempts ?? RETRIES_DEFAULT) + 1,
    crons: config.triggers.flatMap((trigger) => ("cron" in trigger ? [trigger.cron] : [])),
    cancellations: (config.cancel ?? []).map((cancel) => ({
      event: cancel.event,
      expression: compileOptional(cancel.if),
      timeoutMs: cancel.timeout === undefined ? null : parseDuration(cancel.timeout),
    })),
    // A limit of 0 means "no limit" on the real server.
    limits: (config.concurrency ?? [])
      .filter((one) => one.limit > 0)
      .map((one) => ({ limit: one.limit, key: compileOptional(one.key) })),
    idempotency: compileOptional(config.idempotency),
  };
}

/** A value as part of a key: short, and the same for the same value. */
function valueKey(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value ?? null))
    .digest("hex")
    .slice(0, 32);
}

/** The concurrency keys that a run of this function for this event occupies while a step executes. */
export function limitKeysOf(fn: RegisteredFunction, event: unknown): string[] {
  return fn.limits.map(
    (limit, index) => `${fn.slug}#${index}#${limit.key ? valueKey(limit.key.value({ event })) : ""}`,
  );
}

/** What `idempotency` says makes two events the same; null when the function does not say. */
export function idempotencyKeyOf(fn: RegisteredFunction, event: unknown): string | null {
  return fn.idempotency && valueKey(fn.idempotency.value({ event }));
}

/** The one lookup key that every cancellation of this run must carry; null when they differ or have none. */
export function cancelKeyOf(fn: RegisteredFunction, event: unknown): string | null {
  const keys = fn.cancellations.map((one) => one.expression && lookupKey(one.expression, event));
  const [first = null] = keys;
  return keys.every((key) => key === first) ? first : null;
}

/** Whether a new event cancels a run that `event` started `ageMs` ago. */
export function cancels(
  fn: RegisteredFunction,
  run: { event: unknown; ageMs: number },
  incoming: { name: string; event: unknown },
): boolean {
  return fn.cancellations.some(
    (one) =>
      one.event === incoming.name &&
      (one.timeoutMs === null || run.ageMs <= one.timeoutMs) &&
      (one.expression?.matches({ event: run.event, async: incoming.event }) ?? true),
  );
}

/** The event's data as the real server sees it inside an expression. */
export function parsePayload(payload: string): { [key: string]: unknown } {
  const parsed = parseJson(payload);
  return isObject(parsed) ? parsed : {};
}
