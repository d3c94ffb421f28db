import { connect, createServer } from "node:net";

/** True when nobody listens on the port, on either loopback address: a browser may try both for "localhost". */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) if (!(await canListen(port, host))) return false;
  // Some systems let two programs share a port when one of them listens on all addresses.
  return !(await doesAnswer(port));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT"),
    );
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

function doesAnswer(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

const TRIES = 100;

/** The first free port from `wanted` on, past those in `taken`. Throws a sentence when there is none. */
export async function nextFreePort(wanted: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = wanted; port < wanted + TRIES && port < 65_536; port++)
    if (!taken.has(port) && (await isPortFree(port))) return port;
  throw new Error(`No free port between ${wanted} and ${wanted + TRIES - 1}.`);
}
