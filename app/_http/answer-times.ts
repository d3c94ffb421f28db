// How long answers take, pages and calls alike. Node tells of every request before Next sees it, so nothing has to be
// wrapped and nothing is forgotten.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { routeOf } from "./routes";
import { isWarmUp } from "./warm-pages";

/** They end when somebody leaves the page. */
const STREAMS = new Set(["/api/v1/usr/confirmation/events"]);

export type Answered = (route: string, status: string, seconds: number) => void;

const shared = globalThis as typeof globalThis & { latchkeyAnswersWatched?: true };

/** Begins to tell `answered` of every answer in this process. Called once, before the first request. */
export function watchAnswers(answered: Answered): void {
  if (shared.latchkeyAnswersWatched) return;
  shared.latchkeyAnswersWatched = true;
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const startedAt = performance.now();
    // Read now: Next may write another address there.
    const route = routeOf(request.url ?? "");
    if (STREAMS.has(route) || isWarmUp(request)) return;
    response.once("close", () => {
      const status = response.writableFinished ? String(response.statusCode) : "cut_off";
      answered(route, status, (performance.now() - startedAt) / 1000);
    });
  });
}
