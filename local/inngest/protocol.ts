// The shapes of what comes in from the SDK. Everything else in the engine sees only what passed here.
import { z } from "zod";
import { isObject } from "./json.ts";

/** Sizes the real server documents: 5 000 events a request, 3 MB an event, 4 MB a request, 8 MB an answer. */
export const EVENTS_PER_REQUEST_MAX = 5_000;
export const EVENT_BYTES_MAX = 3 * 1024 * 1024;
export const REQUEST_BYTES_MAX = 4 * 1024 * 1024;
export const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
export const STEP_OUTPUT_BYTES_MAX = 4 * 1024 * 1024;
export const RUN_STATE_BYTES_MAX = 32 * 1024 * 1024;
export const STEPS_PER_RUN_MAX = 1_000;
/** Above this the app fetches the state itself (`use_api`), as on the real server. */
export const CALL_BYTES_MAX = 4 * 1024 * 1024 - 1024;
/** The real server's default when a function does not say: 4 retries, 5 attempts. */
export const RETRIES_DEFAULT = 4;
export const RETRIES_MAX = 20;
/** The execution version the engine speaks once the SDK has chosen; -1 lets it choose. */
export const VERSION_ASK = -1;

const Trigger = z.union([
  z.strictObject({ event: z.string().min(1).max(256), expression: z.string().optional() }),
  z.strictObject({ cron: z.string().min(1), jitter: z.string().optional() }),
]);
export type Trigger = z.infer<typeof Trigger>;

type Limit = { limit: number; key?: string | undefined; scope?: string | undefined };
const Concurrency = z.strictObject({
  limit: z.number().int().min(0),
  key: z.string().optional(),
  scope: z.string().optional(),
});

/** One function as the SDK registers it. Loose: supported.ts looks at what is left over and refuses it. */
export const FunctionConfig = z.looseObject({
  id: z.string().min(1).max(256),
  name: z.string().max(256).optional(),
  triggers: z.array(Trigger).max(10),
  steps: z.record(
    z.string(),
    z.looseObject({
      id: z.string(),
      name: z.string(),
      runtime: z.looseObject({ type: z.string(), url: z.string() }),
      retries: z.looseObject({ attempts: z.number().int().min(0).max(RETRIES_MAX).optional() }).optional(),
    }),
  ),
  idempotency: z.string().optional(),
  concurrency: z
    .union([z.number().int().min(0), Concurrency, z.array(Concurrency).min(1).max(2)])
    .transform((value): Limit[] =>
      typeof value === "number" ? [{ limit: value }] : Array.isArray(value) ? value : [value],
    )
    .optional(),
  cancel: z
    .array(
      z.strictObject({
        event: z.string().min(1).max(256),
        if: z.string().optional(),
        timeout: z.string().optional(),
      }),
    )
    .max(5)
    .optional(),
});
export type FunctionConfig = z.infer<typeof FunctionConfig>;

/** Body of `POST /fn/register`, and (with `app_id`) the answer to an in-band sync. */
export const Registration = z.looseObject({
  url: z.string(),
  appName: z.string().optional(),
  app_id: z.string().optional(),
  sdk: z.string().optional(),
  framework: z.string().optional(),
  functions: z.array(z.unknown()).max(1_000),
});
export type Registration = z.infer<typeof Registration>;

export const IncomingEvent = z.looseObject({
  name: z.string().max(256),
  data: z.record(z.string(), z.unknown()).nullish(),
  id: z.string().max(512).nullish(),
  ts: z.number().int().nonnegative().max(8.64e15).nullish(),
  user: z.record(z.string(), z.unknown()).nullish(),
  v: z.string().max(64).nullish(),
});
export type IncomingEvent = z.infer<typeof IncomingEvent>;

const Opts = z
  .unknown()
  .optional()
  .transform((value) => (isObject(value) ? value : {}));

/** One thing the SDK reports in a 206. */
export const Op = z.looseObject({
  op: z.string(),
  id: z.string().min(1).max(128),
  name: z.string().nullish(),
  displayName: z.string().nullish(),
  opts: Opts,
  data: z.unknown().optional(),
  error: z.unknown().optional(),
});
export type Op = z.infer<typeof Op>;

export const Ops = z.union([z.array(Op), Op.transform((one) => [one])]);

export const InvokeOpts = z.looseObject({
  function_id: z.string().min(1),
  payload: z
    .looseObject({ data: z.unknown().optional(), user: z.unknown().optional(), v: z.string().optional() })
    .nullish(),
  timeout: z.string().optional(),
});

export const WaitOpts = z.looseObject({ timeout: z.string().optional(), if: z.string().optional() });

export const CheckpointBody = z.looseObject({
  run_id: z.string(),
  qi_id: z.string(),
  steps: z.array(Op),
});

/** One sentence for a zod failure, short enough for a log line. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join(".") || "body"}: ${issue.message}`)
    .join("; ");
}
