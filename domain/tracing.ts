// What the rules tell of their work while they do it, for whoever follows one registration through all of its parts.
// Who listens is chosen in services.ts: the rules know no tracing library (docs/decisions/032).

/** All that a span may say: ids, counts and words from short lists. Never an address, a code, a token or a sentence. */
export const SPAN_FACTS = [
  "error.type",
  "http.request.method",
  "http.response.status_code",
  "http.route",
  "latchkey.delivery.attempt",
  "latchkey.delivery.id",
  "latchkey.error_class",
  "latchkey.event.id",
  "latchkey.event.name",
  "latchkey.function.id",
  "latchkey.outcome",
  "latchkey.provider",
  "latchkey.run.attempt",
  "latchkey.run.id",
  "latchkey.step.id",
  "latchkey.webhook.attempt",
  "latchkey.webhook.id",
] as const;

/** A fact that is null is left out. */
export type SpanFacts = { [Name in (typeof SPAN_FACTS)[number]]?: string | number | null };

export type Span = {
  add(facts: SpanFacts): void;
  /** It did not go well. `code`: one of ours, or an error's name. */
  fail(code: string): void;
};

export type SpanStart = {
  /** `client` asks somebody else, `producer` hands an event on, `consumer` works on one. */
  kind?: "client" | "producer" | "consumer";
  facts?: SpanFacts;
  /**
   * The `traceparent` (W3C Trace Context) of what led to this work, seconds or hours ago. It makes the span a part of
   * that trace; where something of that trace is under way already, the span is under that.
   */
  cause?: string | null;
};

export type Tracing = {
  readonly isOn: boolean;
  /** Does `work` as a part of what is under way. An error that it throws marks the span by its name, and goes on. */
  span<Result>(name: string, start: SpanStart, work: (span: Span) => Promise<Result>): Promise<Result>;
  /** The `traceparent` of what is under way; null when nothing is, or nobody listens. */
  here(): string | null;
};

const NO_SPAN: Span = { add() {}, fail() {} };

/** Nobody listens. */
export const NO_TRACING: Tracing = {
  isOn: false,
  span: (_name, _start, work) => work(NO_SPAN),
  here: () => null,
};

/** For an event's data: whoever works on it later continues the trace. An id like the others there. */
export function carryTrace(tracing: Tracing): { traceparent?: string } {
  const traceparent = tracing.here();
  return traceparent === null ? {} : { traceparent };
}

/** What carryTrace() put into an event's data, or null. */
export function causeOf(data: unknown): string | null {
  const found = typeof data === "object" && data !== null ? Reflect.get(data, "traceparent") : null;
  return typeof found === "string" ? found : null;
}
