import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { peerAddress, watchPeers } from "@/app/_http/peer-address";

test("the peer of a request is the socket's address, whatever headers the client sends", async () => {
  watchPeers();
  const seen: (string | null)[] = [];
  const server = http.createServer((request, response) => {
    seen.push(
      peerAddress((name) => {
        const value = request.headers[name];
        return typeof value === "string" ? value : null;
      }),
    );
    // As they came, for who makes Headers of them.
    const copied = new Headers();
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      copied.append(request.rawHeaders[at] ?? "", request.rawHeaders[at + 1] ?? "");
    seen.push(peerAddress((name) => copied.get(name)));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const headers of [{}, { "x-latchkey-peer": "guess 198.51.100.7", "x-forwarded-for": "198.51.100.7" }])
    await fetch(url, { headers });
  expect(seen).toEqual(Array(4).fill("127.0.0.1"));
  server.close();
});

test("a request that no proxy has named a client for names none, and is not read as a proxy's", async () => {
  watchPeers();
  const chains: unknown[] = [];
  const server = http.createServer((request, response) => {
    // As Next does with what it is given.
    request.headers["x-forwarded-for"] ??= request.socket.remoteAddress;
    chains.push(request.headers["x-forwarded-for"]);
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(url);
  await fetch(url, { headers: { "x-forwarded-for": "198.51.100.7" } });
  expect(chains).toEqual(["", "198.51.100.7"]);
  server.close();
});

test("a header that was not written by this process says nothing", () => {
  watchPeers();
  for (const forged of ["guess 198.51.100.7", "198.51.100.7", " 198.51.100.7", "undefined 198.51.100.7", ""])
    expect(peerAddress(() => forged)).toBeNull();
  expect(peerAddress(() => null)).toBeNull();
});
