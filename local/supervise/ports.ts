// Which port a part takes. Between "it is free" and "we listen" another program may be quicker: a port is therefore
// held by listening on it, and where it has to be let go for the part, losing it is looked for.
import { connect, createServer, type Server } from "node:net";
import { NotReadyError } from "./not-ready";

const LOOPBACK = ["127.0.0.1", "::1"];
const TRIES = 100;

export type HeldPort = {
  port: number;
  /** Lets go of it, for the program that will listen. Once is enough. */
  release(): Promise<void>;
};

/**
 * Takes a port on both loopback addresses (a browser may try both for "localhost") until it is released. Whoever
 * connects meanwhile is cut off. Null when somebody listens there.
 */
export async function holdPort(port: number): Promise<HeldPort | null> {
  // Some systems let two programs share a port when one of them listens on all addresses.
  if (await doesAnswer(port)) return null;
  const servers: Server[] = [];
  const release = async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
  };
  for (const host of LOOPBACK) {
    const server = createServer((socket) => socket.destroy());
    const problem = await listen(server, port, host);
    if (problem === null) servers.push(server.unref());
    // This machine does not have that address.
    else if (problem !== "EADDRNOTAVAIL" && problem !== "EAFNOSUPPORT") {
      await release();
      return null;
    }
  }
  return { port, release };
}

/** Holds the first free port from `wanted` on. Throws a sentence when there is none. */
export async function holdNextPort(wanted: number): Promise<HeldPort> {
  for (let port = wanted; port < wanted + TRIES && port < 65_536; port++) {
    const held = await holdPort(port);
    if (held) return held;
  }
  throw new Error(`No free port between ${wanted} and ${wanted + TRIES - 1}.`);
}

/** True when nobody listens on the port. */
export async function isPortFree(port: number): Promise<boolean> {
  const held = await holdPort(port);
  await held?.release();
  return held !== null;
}

const LAUNCHES_MAX = 10;
/** How the stand-ins end when their port is taken; by the time we look, whoever had it may have moved on. */
const PORT_TAKEN = /\(exit 98\)/;

/** Whether a stand-in's end, as a part tells it, means that its port is taken. */
export const isPortTaken = (reason: string) => PORT_TAKEN.test(reason);

/** A port from `wanted` on that is free just now. Throws a sentence when there is none. */
export async function findNextPort(wanted: number): Promise<number> {
  const held = await holdNextPort(wanted);
  await held.release();
  return held.port;
}
/** Starts that lost a port together go different ways, instead of meeting again at the next one. */
const SPREAD = 40;

/**
 * Launches a program on the first free ports from each of `wanted` on; on the next ones when another program was
 * quicker. Throws what `launch` throws when its ports are not the reason, or the start was stopped.
 */
export async function launchOnFreePorts<T>(
  wanted: readonly number[],
  launch: (ports: number[]) => Promise<T>,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<T> {
  for (let launches = 1; ; launches++) {
    const held: HeldPort[] = [];
    const step = launches === 1 ? 0 : Math.ceil(Math.random() * SPREAD);
    for (const port of wanted) held.push(await holdNextPort(port + step));
    const ports = held.map(({ port }) => port);
    for (const one of held) await one.release();
    try {
      return await launch(ports);
    } catch (error) {
      if (error instanceof NotReadyError) throw error;
      const free = await Promise.all(ports.map(isPortFree));
      const lost = ports.filter((_, index) => !free[index]);
      const isTaken = lost.length > 0 || PORT_TAKEN.test(String(error));
      if (!isTaken || launches === LAUNCHES_MAX || signal.aborted) throw error;
      say(
        `Another program was quicker to take port ${(lost.length > 0 ? lost : ports).join(" and ")}; trying others.`,
      );
    }
  }
}

/** Null when it listens, otherwise the code of the error. */
function listen(server: Server, port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => resolve(null));
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
