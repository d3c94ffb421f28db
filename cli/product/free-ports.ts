// Ports for servers that are started a moment later, perhaps more than once.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems give to outgoing connections (Linux: 32768 on), or one of them could take a port of ours while its part is down. */
const PORTS = { from: 20_000, to: 32_000 };
const PORT_TRIES = 100;

/** So many ports that nobody listens on, anywhere in the range: two runs at a time must not look for the same ones. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < PORT_TRIES && found.size < count; tries++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) found.add(port);
  }
  if (found.size < count) throw new Error(`No free ports between ${PORTS.from} and ${PORTS.to}.`);
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
