// A collector: takes OTLP over HTTP as a real one does (opentelemetry.io/docs/specs/otlp), and lets tests read spans.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Value = z
  .object({ stringValue: z.string(), intValue: z.union([z.number(), z.string()]), doubleValue: z.number() })
  .partial();
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .default([])
  .transform((list) =>
    Object.fromEntries(
      list.map(({ key, value }) => [
        key,
        value.stringValue ?? (value.intValue === undefined ? value.doubleValue : Number(value.intValue)),
      ]),
    ),
  );
const Link = z.object({ traceId: z.string(), spanId: z.string() });
const Span = z.object({
  traceId: z.string().length(32),
  spanId: z.string().length(16),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes: Attributes,
  events: z.array(z.unknown()).default([]),
  links: z.array(Link).default([]),
  status: z.object({ code: z.number().default(0), message: z.string().optional() }),
});
const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(Span) })),
    }),
  ),
});

export type ReceivedSpan = z.infer<typeof Span> & {
  scope: string;
  resource: Record<string, string | number | undefined>;
};

export type OtlpReceiver = {
  url: string;
  /** Every span so far, from JSON. */
  spans: ReceivedSpan[];
  /** Every request so far, byte for byte. */
  requests: { url: string; headers: http.IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
};

/** Takes everything, on a free port of this machine. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: OtlpReceiver["requests"] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    requests.push({ url: request.url ?? "", headers: request.headers, body });
    const isJson = request.headers["content-type"] === "application/json";
    if (isJson) spans.push(...readSpans(body));
    response.writeHead(200, { "content-type": String(request.headers["content-type"]) });
    response.end(isJson ? "{}" : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readSpans(body: string): ReceivedSpan[] {
  return Export.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({ ...span, scope: scope.name, resource: resource.attributes })),
    ),
  );
}
