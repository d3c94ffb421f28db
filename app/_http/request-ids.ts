// Each request has an id, and what is logged while it is answered says it: lines of one registration are found together,
// and beside those of the proxy in front, which may have given the id (X-Request-Id).
import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogContext } from "@/log";

/** What proxies write: a UUID, hex, or a short word. Anything else could be a stranger's way to fill lines. */
const ID = /^[\w.:-]{8,64}$/;

/** The id that somebody in front gave, else a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && ID.test(given) ? given : randomUUID();
}

const shared = globalThis as typeof globalThis & { latchkeyRequestsNamed?: true };

/** Begins to do so in this process. Called once, before the first request. */
export function nameRequests(context: LogContext): void {
  if (shared.latchkeyRequestsNamed) return;
  shared.latchkeyRequestsNamed = true;
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const leave = context.enter({ requestId: requestIdOf(request.headers["x-request-id"]) });
    response.once("close", leave);
  });
}
