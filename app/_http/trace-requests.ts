// TRACE, which browsers may not send and fetch's own Request refuses (Fetch Standard, forbidden methods): Next makes such
// a Request of everything that comes, throws, and answers 500. It is read as a method that nothing here takes, so that
// it is refused like any other (ASVS 5.0, 13.4.4). So does an asterisk in the address's place, which asks about the whole
// server (RFC 9110, 9.3.7) and is no URL: what is asked about every page is answered.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

const shared = globalThis as typeof globalThis & { latchkeyTraceRefused?: true };

/** Begins to do so in this process. Called once, before the first request. */
export function refuseTrace(): void {
  if (shared.latchkeyTraceRefused) return;
  shared.latchkeyTraceRefused = true;
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    if (request.method === "TRACE") request.method = "PATCH";
    if (request.url === "*") request.url = "/";
  });
}
