// One JSON object a line on standard output. Secrets never get here: callers pass ids and masked addresses,
// and what is below is the net under that.
import { AsyncLocalStorage } from "node:async_hooks";
import { type Logger, pino } from "pino";

const SECRETS = [
  "password",
  "code",
  "token",
  "access_token",
  "refresh_token",
  "authorization",
  "cookie",
  "html",
  "text",
  "subject",
];

export type LoggedError = {
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: LoggedError;
};

/**
 * An error as it may be written down. A failed query's message ends in its parameters (addresses, hashes, tokens):
 * they are cut off, here and in the stack, which repeats the message.
 */
export function describeErrorForLog(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: "NotAnError", message: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    message: error.message.split(/\nparams:/)[0] ?? "",
    ...(code === undefined ? {} : { code: String(code) }),
    ...(frames.length > 0 ? { stack: frames.join("\n") } : {}),
    ...(error.cause === undefined || depth > 3 ? {} : { cause: describeErrorForLog(error.cause, depth + 1) }),
  };
}

/** What a line belongs to, as far as it is known: the request that is answered, the run of the engine that is worked on. */
export type LogFields = { requestId?: string; runId?: string; functionId?: string };

export type LogContext = {
  /** What `work` says, and what it leads to, belongs to `fields` too. */
  run<Result>(fields: LogFields, work: () => Result): Result;
  /**
   * So does whatever the caller leads to from here on, until the returned function is called: what was only begun there
   * (a timer, a connection that is kept) goes on for itself.
   */
  enter(fields: LogFields): () => void;
  /** For a line of the log. */
  fields(): LogFields;
};

export function createLogContext(): LogContext {
  type Entered = { fields: LogFields; isOver: boolean };
  const entered = new AsyncLocalStorage<Entered>();
  const current = (): LogFields => {
    const store = entered.getStore();
    return store && !store.isOver ? store.fields : {};
  };
  return {
    run: (fields, work) => entered.run({ fields: { ...current(), ...fields }, isOver: false }, work),
    enter(fields) {
      const store: Entered = { fields, isOver: false };
      entered.enterWith(store);
      return () => {
        store.isOver = true;
      };
    },
    fields: current,
  };
}

/** `mixin`: what every line says besides. */
export function createLog(level: string, mixin?: () => object): Logger {
  return pino({
    level,
    base: null,
    ...(mixin ? { mixin } : {}),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeErrorForLog(error) },
    // One level down `code` is an error's own (ECONNREFUSED).
    redact: {
      paths: [...SECRETS, ...SECRETS.filter((name) => name !== "code").map((name) => `*.${name}`)],
      censor: "[redacted]",
    },
  });
}
