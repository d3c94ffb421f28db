// A gate in front of a TCP server, which tests close: `refuse` is a server that is gone, `silence` a machine or a
// network that is gone, where nobody even says so.
import { connect, createServer, type Socket } from "node:net";

export type TcpGate = {
  port: number;
  /** Ends all connections and takes no new one. */
  refuse(): Promise<void>;
  /** Lets nothing through any more, in connections old and new, without ending any. */
  silence(): void;
  /** What was silenced goes on where it was, connections that came meanwhile too: a server that was only frozen. */
  thaw(): void;
  /** As in the beginning; connections that were silenced stay dead. */
  open(): Promise<void>;
  close(): Promise<void>;
};

/** Opens a gate on a free loopback port to `target`. */
export async function openTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  let silenced: (() => void)[] = [];
  const letThrough = (inside: Socket) => {
    const outside = connect(target);
    keep(outside);
    const join = () => inside.pipe(outside).pipe(inside);
    join();
    joins.set(inside, join);
    inside.on("close", () => {
      joins.delete(inside);
      outside.destroy();
    });
    outside.on("close", () => inside.destroy());
  };
  const joins = new Map<Socket, () => void>();
  const server = createServer((inside) => {
    keep(inside);
    if (isSilent) silenced.push(() => inside.destroyed || letThrough(inside));
    else letThrough(inside);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  const shut = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  await listen(0);
  const address = server.address();
  if (!address || typeof address !== "object") throw new Error("The gate has no port");
  const { port } = address;
  return {
    port,
    refuse: shut,
    silence() {
      isSilent = true;
      silenced = [...joins.values()];
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    thaw() {
      isSilent = false;
      for (const goOn of silenced.splice(0)) goOn();
    },
    async open() {
      isSilent = false;
      silenced = [];
      if (!server.listening) await listen(port);
    },
    close: shut,
  };
}
