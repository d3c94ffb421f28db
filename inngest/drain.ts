// A server that is told to close first reads what is on its way to it: Node, told to close, destroys every connection
// whose request it has not read yet, and a busy process may be a second behind. Next calls close() in the very moment of
// the signal and has no hook before it.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Server } from "node:http";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** Nothing has come for so long: nothing is on its way. */
const QUIET_MS = 250;
/**
 * Node takes one connection a turn, so that a rush on a slow machine is read for seconds. A balancer that goes on sending
 * has been told long ago by then (readiness, and `Connection: close` with every answer); platforms wait for 30 s.
 */
const PATIENCE_MS = 10_000;

/** What Node tells of: a connection that was taken, and a request that was read. */
const SIGNS_OF_LIFE = ["net.server.socket", "http.server.request.start"];

/**
 * From now on http servers close once nothing has come for a quarter of a second, and after ten seconds at the latest;
 * until then they take connections and answer. Returns what undoes it.
 */
export function closeWhenQuiet(): () => void {
  const close = Server.prototype.close;
  const closing = new WeakSet<Server>();
  Server.prototype.close = function (this: Server, whenClosed?: (error?: Error) => void) {
    if (closing.has(this)) return close.call(this, whenClosed);
    closing.add(this);
    void whenQuiet().then(() => close.call(this, whenClosed));
    return this;
  };
  return () => {
    Server.prototype.close = close;
  };
}

async function whenQuiet(): Promise<void> {
  const startedAt = performance.now();
  let heardAt = startedAt;
  const hear = () => {
    heardAt = performance.now();
  };
  for (const sign of SIGNS_OF_LIFE) subscribe(sign, hear);
  try {
    for (;;) {
      await delay(Math.max(0, heardAt + QUIET_MS - performance.now()));
      // Timers that are late run before what came meanwhile is read: that is done first.
      await nextTurn();
      const now = performance.now();
      if (now - heardAt >= QUIET_MS || now - startedAt >= PATIENCE_MS) return;
    }
  } finally {
    for (const sign of SIGNS_OF_LIFE) unsubscribe(sign, hear);
  }
}
