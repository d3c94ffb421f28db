// The end of a server process, seen from its connections. Next stops listening and waits until every connection is
// closed; one that a client keeps alive and uses again and again would keep it waiting for ever.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What Node tells with each of these (node:http, diagnostics channels); it does not know a request's server before. */
type Told = { response: ServerResponse; socket: Socket; server: Server };

/**
 * From now on every connection ends with the answer that is under way on it, or with the next one it is asked for,
 * which then says `Connection: close` (RFC 9112, section 9.6). Nobody is cut off. Returns what undoes it.
 */
export function endConnectionsAfterAnswers(): () => void {
  const sayLast = (told: unknown) => {
    (told as Told).response.shouldKeepAlive = false;
  };
  const hangUp = (told: unknown) => {
    (told as Told).socket.destroySoon();
  };
  subscribe("http.server.request.start", sayLast);
  subscribe("http.server.response.finish", hangUp);
  return () => {
    unsubscribe("http.server.request.start", sayLast);
    unsubscribe("http.server.response.finish", hangUp);
  };
}
