// Who holds the connection of a request. A route handler is given headers and no socket, and Next writes the socket's
// address into X-Forwarded-For only when the client has not written something there itself. So Node's own diagnostics
// channel tells us of each request as it arrives, before Next reads it, and the address goes along in a header of
// ours. The header begins with a word that only this process knows: nobody outside can write one.

import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { leaveOutHeaders } from "./raw-headers";

const PEER_HEADER = "x-latchkey-peer";
const PEER_HEADERS: ReadonlySet<string> = new Set([PEER_HEADER]);

const shared = globalThis as typeof globalThis & { latchkeyPeerWord?: string };

/** Begins to note the peer of every request of this process. Called once, before the first request. */
export function watchPeers(): void {
  if (shared.latchkeyPeerWord) return;
  const word = randomUUID();
  shared.latchkeyPeerWord = word;
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    const peer = `${word} ${request.socket.remoteAddress ?? ""}`;
    leaveOutHeaders(request, PEER_HEADERS);
    request.headers[PEER_HEADER] = peer;
    request.rawHeaders.push(PEER_HEADER, peer);
    // Else Next writes the socket's address there, and one request would have a network by one way and none by the other.
    request.headers["x-forwarded-for"] ??= "";
  });
}

/** The address at the other end of the connection; null where no server of Node's holds it (some hosts). */
export function peerAddress(header: (name: string) => string | null | undefined): string | null {
  const [word, address] = (header(PEER_HEADER) ?? "").split(" ");
  return word && word === shared.latchkeyPeerWord && address ? address : null;
}
