// A body that does not arrive. Next reads the whole of it before any handler runs, because proxy.ts is there, and Node
// waits five minutes: long enough to hold many connections with few bytes. So the time is kept here, below both.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { env } from "@/env";
import { HttpError } from "./http-error";
import { problemResponse } from "./respond";
import { callHeaders, hasHsts } from "./security-headers";

/** RFC 9110, 15.5.9. A half-open connection may not hold a request longer. */
export const BODY_TIMEOUT_MS = 10_000;

const shared = globalThis as typeof globalThis & { latchkeySlowBodiesRefused?: true };

/** Begins to answer 408 to every request of this process whose body is not there in time. Called once. */
export function refuseSlowBodies(timeoutMs = BODY_TIMEOUT_MS): void {
  if (shared.latchkeySlowBodiesRefused) return;
  shared.latchkeySlowBodiesRefused = true;
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (!hasBody(request)) return;
    const timer = setTimeout(() => void refuse(request, response), timeoutMs);
    response.once("close", () => clearTimeout(timer));
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

async function refuse(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A handler that takes its time over a body that is there is none of this.
  if (request.complete || response.headersSent) return;
  const answer = problemResponse(new HttpError(408, "body_timeout", "body_timeout"), describe(request));
  const body = await answer.text();
  if (response.headersSent) return;
  const isHsts = hasHsts(env().APP_URL);
  const headers = Object.fromEntries(callHeaders(request.headers["content-type"], isHsts));
  response.writeHead(408, { ...Object.fromEntries(answer.headers), ...headers, connection: "close" });
  // Whoever waits for the rest of it is told that there is none.
  response.end(body, () => request.destroy());
}

/** As much of it as says in which language somebody is answered. */
function describe({ headers }: IncomingMessage): Request {
  const told = { cookie: headers.cookie, "accept-language": headers["accept-language"] };
  const present = Object.entries(told).flatMap(([name, value]): [string, string][] =>
    value ? [[name, value]] : [],
  );
  return new Request("http://localhost/", { headers: present });
}
