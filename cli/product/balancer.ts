// The address that the engine and the provider's webhooks know: passes each connection on to one of the app
// processes in turn, and to another one when that is not there, as a load balancer in front of replicas does.
import { connect, createServer, type Socket } from "node:net";

export type Balancer = { port: number; close(): Promise<void> };

/** Listens on a free loopback port; `targets` are ports on loopback. */
export async function startBalancer(targets: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };

  function passOn(inside: Socket, ports: readonly number[]): void {
    const [port, ...others] = ports;
    if (port === undefined || inside.destroyed) return void inside.destroy();
    const outside = connect({ port, host: "127.0.0.1" });
    keep(outside);
    let isConnected = false;
    outside.once("connect", () => {
      isConnected = true;
      inside.pipe(outside).pipe(inside);
      inside.once("close", () => outside.destroy());
    });
    outside.once("close", () => {
      if (isConnected) inside.destroy();
      else passOn(inside, others);
    });
  }

  const server = createServer({ pauseOnConnect: true }, (inside) => {
    keep(inside);
    const first = turn++ % targets.length;
    passOn(inside, [...targets.slice(first), ...targets.slice(0, first)]);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (!address || typeof address !== "object") throw new Error("The balancer has no port");
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
