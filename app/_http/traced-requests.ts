// The first span of a trace: a request, from before Next sees it to the end of its answer. What its handler leads to
// becomes a part of it, because Node tells of a request in the same breath in which it hands it on.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProcessServices } from "@/services";
import { routeOf } from "./routes";
import { isWarmUp } from "./warm-pages";

/**
 * No spans of their own. The engine's calls: several make up one step, which is a span of what the event belongs to.
 * Streams end when somebody leaves the page; the rest is asked for by machines, again and again.
 */
const UNTRACED = new Set([
  "/_next",
  "/api/health",
  "/api/inngest",
  "/api/metrics",
  "/api/ready",
  "/api/v1/usr/confirmation/events",
]);

const shared = globalThis as typeof globalThis & { latchkeyRequestsTraced?: true };

/** Begins to do so in this process. Called once, before the first request. */
export function traceRequests(tracer: NonNullable<ProcessServices["tracer"]>): void {
  if (shared.latchkeyRequestsTraced) return;
  shared.latchkeyRequestsTraced = true;
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    // Read now: Next may write another address there.
    const route = routeOf(request.url ?? "");
    if (UNTRACED.has(route) || isWarmUp(request)) return tracer.passRequest();
    const { traceparent } = request.headers;
    const end = tracer.beginRequest(
      request.method ?? "",
      route,
      typeof traceparent === "string" ? traceparent : null,
    );
    response.once("close", () => end(response.writableFinished ? response.statusCode : "cut_off"));
  });
}
