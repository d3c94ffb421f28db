// Requests that offer to go on in another protocol, as `curl --http2` does. Next listens for those, for its reloading
// while one develops, and in production closes them without an answer. A server may leave the offer alone and answer
// over HTTP/1.1 (RFC 9110, 7.8), which Node does as long as nobody listens.
import { Server } from "node:http";

const shared = globalThis as typeof globalThis & { latchkeyUpgradesIgnored?: true };

/** Begins to do so in this process, for every server of it. Called once, and not while one develops. */
export function ignoreUpgrades(): void {
  if (shared.latchkeyUpgradesIgnored) return;
  shared.latchkeyUpgradesIgnored = true;
  // Next has set its listener by now, on a server that nobody hands out: it shows with its first connection.
  const emit: (this: Server, event: string, ...args: unknown[]) => boolean = Server.prototype.emit;
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]) {
    if (event === "connection") this.removeAllListeners("upgrade");
    return emit.call(this, event, ...args);
  };
}
