// What the local engine does not do, it refuses when functions register: it never ignores an option, because
// a function that runs without its throttle is worse than one that does not start.
import { parseCron } from "./cron.ts";
import { compileExpression } from "./expressions.ts";
import { describeIssues, FunctionConfig } from "./protocol.ts";
import { parseDuration } from "./schedule.ts";

const KNOWN_OPTIONS = new Set([
  "id",
  "name",
  "triggers",
  "steps",
  "idempotency",
  "concurrency",
  "cancel",
  "description",
]);

export type Checked = { functions: FunctionConfig[]; refusals: string[] };

/** Sorts the functions of a registration into usable ones and reasons to refuse it as a whole. */
export function checkFunctions(raw: readonly unknown[]): Checked {
  const functions: FunctionConfig[] = [];
  const refusals: string[] = [];
  const seen = new Set<string>();
  for (const candidate of raw) {
    const parsed = FunctionConfig.safeParse(candidate);
    if (!parsed.success) {
      refusals.push(`function ${nameOf(candidate)}: ${describeIssues(parsed.error)}`);
      continue;
    }
    const config = parsed.data;
    if (seen.has(config.id)) refusals.push(`function "${config.id}" is registered twice`);
    seen.add(config.id);
    refusals.push(...findRefusals(config));
    functions.push(config);
  }
  return { functions, refusals };
}

function nameOf(candidate: unknown): string {
  const id = typeof candidate === "object" && candidate !== null && "id" in candidate ? candidate.id : "?";
  return `"${String(id).slice(0, 100)}"`;
}

/** Reasons why this function cannot run here; each names the function and the option. */
export function findRefusals(config: FunctionConfig): string[] {
  const refusals: string[] = [];
  const refuse = (option: string, reason: string) =>
    refusals.push(`function "${config.id}": option "${option}" ${reason}`);
  const expression = (option: string, source: string | undefined) => {
    if (source === undefined) return;
    try {
      compileExpression(source);
    } catch (error) {
      refuse(option, `is not an expression the local engine can read (${source}): ${messageOf(error)}`);
    }
  };

  for (const option of Object.keys(config)) {
    if (!KNOWN_OPTIONS.has(option) && config[option] !== undefined && config[option] !== null) {
      refuse(
        option,
        "is not supported by the local engine; remove it or run Inngest itself (INNGEST_BASE_URL)",
      );
    }
  }
  const step = config.steps.step;
  if (!step || Object.keys(config.steps).length !== 1) {
    refuse("steps", "must be the single entry step that the SDK registers");
  } else if (step.runtime.type !== "http") {
    refuse("steps", `uses the runtime "${step.runtime.type}" (connect), and only http is supported`);
  }
  for (const trigger of config.triggers) {
    if ("event" in trigger) {
      expression("triggers.if", trigger.expression);
      continue;
    }
    if (trigger.jitter !== undefined) refuse("triggers.jitter", "is not supported by the local engine");
    try {
      parseCron(trigger.cron);
    } catch (error) {
      refuse("triggers.cron", `cannot be read (${trigger.cron}): ${messageOf(error)}`);
    }
  }
  for (const limit of config.concurrency ?? []) {
    if (limit.scope !== undefined && limit.scope !== "fn") {
      refuse("concurrency.scope", `"${limit.scope}" is not supported by the local engine, only "fn" is`);
    }
    expression("concurrency.key", limit.key);
  }
  expression("idempotency", config.idempotency);
  for (const cancel of config.cancel ?? []) {
    expression("cancelOn.if", cancel.if);
    if (cancel.timeout !== undefined && parseDuration(cancel.timeout) === null) {
      refuse("cancelOn.timeout", `must be a duration for the local engine, not "${cancel.timeout}"`);
    }
  }
  return refusals;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
