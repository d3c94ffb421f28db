// Whoever is told of what happens by webhooks: takes them all, or is away.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Receiver = {
  url: string;
  /** What it answers from now on: 204, or 503. */
  setAway(isAway: boolean): void;
  close(): Promise<void>;
};

/** On a free port of this machine, where the product may send without TLS. */
export async function startReceiver(): Promise<Receiver> {
  let status = 204;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/latchkey`,
    setAway(isAway) {
      status = isAway ? 503 : 204;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
