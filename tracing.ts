// Traces of this process, handed to a collector by OTLP over HTTP. Loaded only where OTEL_EXPORTER_OTLP_ENDPOINT is set
// (services.ts). Nothing is registered with OpenTelemetry's globals, so there are no spans but ours: what libraries
// would write into theirs (addresses of requests, parameters of queries, messages of errors) cannot get out.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { ExportResultCode, parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Span, SpanFacts, SpanStart, Tracing } from "./domain/tracing";

export type ProcessTracing = Tracing & {
  /**
   * Begins the span of a request; all that its handler does from here on is a part of it. `traceparent`: what the
   * caller says it belongs to, which is only noted: a stranger chooses neither our traces' ids nor which are kept.
   * Returns what ends it.
   */
  beginRequest(
    method: string,
    route: string,
    traceparent: string | null,
  ): (status: number | "cut_off") => void;
  /** What the handler of this request does is a part of nothing. */
  passRequest(): void;
  /** For a line of the log: where it belongs, or nothing. */
  ids(): { trace_id?: string; span_id?: string };
  /** Hands over what is left, within two seconds. */
  stop(): Promise<void>;
};

export type OtlpProtocol = "http/protobuf" | "http/json";

/** Where to and with which headers is the exporter's own to read from OTEL_EXPORTER_OTLP_*. */
export function createOtlpExporter(protocol: OtlpProtocol): SpanExporter {
  return protocol === "http/json" ? new JsonExporter() : new ProtobufExporter();
}

const STOP_MS = 2_000;

const KINDS = {
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const satisfies Record<NonNullable<SpanStart["kind"]>, SpanKind>;

/** Others are one, so that strangers cannot make new names (OpenTelemetry's conventions for HTTP say so, too). */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Sampler, limits, batches and the resource are as OTEL_* say (opentelemetry.io/docs/specs/otel/configuration).
 * `onChange` hears when the collector stops taking spans, with a short reason, and when it takes them again (null).
 */
export function createTracing(
  exporter: SpanExporter,
  onChange: (trouble: string | null) => void,
): ProcessTracing {
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "latchkey", "service.instance.id": randomUUID() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(watchTrouble(exporter, onChange))],
  });
  const tracer = provider.getTracer("latchkey");
  const active = new AsyncLocalStorage<Context | undefined>();
  const current = (): SpanContext | null => {
    const context = active.getStore();
    return (context && trace.getSpanContext(context)) ?? null;
  };
  return {
    isOn: true,
    async span(name, start, work) {
      const { context, span } = begin(tracer, active.getStore(), name, start);
      return active.run(context, async () => {
        try {
          return await work(toSpan(span));
        } catch (error) {
          toSpan(span).fail(error instanceof Error ? error.name : "unknown");
          throw error;
        } finally {
          span.end();
        }
      });
    },
    here() {
      const context = current();
      return context === null ? null : writeTraceparent(context);
    },
    beginRequest(method, route, traceparent) {
      const known = METHODS.has(method) ? method : "_OTHER";
      const told = traceparent === null ? null : parseTraceParent(traceparent);
      const span = tracer.startSpan(
        `${known === "_OTHER" ? "HTTP" : known} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: { "http.request.method": known, "http.route": route },
          links: told ? [{ context: told }] : [],
        },
        ROOT_CONTEXT,
      );
      active.enterWith(trace.setSpan(ROOT_CONTEXT, span));
      return (status) => {
        if (status === "cut_off") toSpan(span).fail(status);
        else span.setAttribute("http.response.status_code", status);
        if (typeof status === "number" && status >= 500) toSpan(span).fail(String(status));
        span.end();
      };
    },
    passRequest: () => active.enterWith(undefined),
    ids() {
      const context = current();
      return context === null ? {} : { trace_id: context.traceId, span_id: context.spanId };
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), limit]);
      clearTimeout(timer);
    },
  };
}

/** A span and the context that its work is done in. */
function begin(
  tracer: Tracer,
  around: Context | undefined,
  name: string,
  { kind, facts = {}, cause = null }: SpanStart,
): { context: Context; span: OtelSpan } {
  const current = around && trace.getSpanContext(around);
  const caused = cause === null ? null : parseTraceParent(cause);
  // What is under way belongs to something else: it is where the work is done, not why.
  const isElsewhere = caused !== null && caused.traceId !== current?.traceId;
  const parent = isElsewhere
    ? trace.setSpanContext(ROOT_CONTEXT, { ...caused, isRemote: true })
    : (around ?? ROOT_CONTEXT);
  const span = tracer.startSpan(
    name,
    {
      kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
      attributes: toAttributes(facts),
      links: isElsewhere && current && isSpanContextValid(current) ? [{ context: current }] : [],
    },
    parent,
  );
  return { context: trace.setSpan(parent, span), span };
}

/** No exception and no message is ever recorded: those of failed queries and providers repeat addresses. */
function toSpan(span: OtelSpan): Span {
  return {
    add: (facts) => void span.setAttributes(toAttributes(facts)),
    fail(code) {
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
  };
}

function toAttributes(facts: SpanFacts): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(facts)) if (value !== null) attributes[name] = value;
  return attributes;
}

/** As W3C Trace Context, version 00, has it; without vendors' `tracestate`, which may hold anything. */
function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

function watchTrouble(exporter: SpanExporter, onChange: (trouble: string | null) => void): SpanExporter {
  let isWell = true;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const wasWell = isWell;
        isWell = result.code === ExportResultCode.SUCCESS;
        if (isWell !== wasWell) onChange(isWell ? null : describeTrouble(result.error));
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

/** A status or a socket's error code; what a collector says besides stays unsaid. */
function describeTrouble(error: Error | undefined): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" || typeof code === "number" ? String(code) : (error?.name ?? "unknown");
}
