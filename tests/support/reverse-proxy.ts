// A reverse proxy over HTTP in front of several app processes, as sites have one: it passes each request on, says who
// asked (X-Forwarded-For), and asks the next process when one is not there. Tests choose who is asked first.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

export type ReverseProxy = {
  port: number;
  /** Decides for each request which target is asked first, by its place in the list; in turn without it. */
  route: ((request: IncomingMessage) => number) | null;
  /** How many answers to calls of a path came from each target. */
  answersTo(path: string): number[];
  close(): Promise<void>;
};

/** Listens on a free loopback port; `targets` are ports on loopback. */
export async function startReverseProxy(targets: readonly number[]): Promise<ReverseProxy> {
  let turn = 0;
  const answered: { path: string; target: number }[] = [];
  const server = createServer((incoming, outgoing) => {
    const first = (proxy.route?.(incoming) ?? turn++) % targets.length;
    const order = targets.map((_, index) => (first + index) % targets.length);
    // Bodies here are short; one that was begun could not be sent to the next target.
    const body: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => body.push(chunk));
    incoming.on("end", () => passOn(incoming, outgoing, Buffer.concat(body), order));
  });

  function passOn(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    body: Buffer,
    [target, ...others]: number[],
  ): void {
    if (target === undefined) return void outgoing.writeHead(502).end();
    const forwarded = [incoming.headers["x-forwarded-for"], incoming.socket.remoteAddress].filter(Boolean);
    const { "transfer-encoding": _, ...headers } = incoming.headers;
    const asked = request({
      host: "127.0.0.1",
      port: targets[target],
      path: incoming.url,
      method: incoming.method,
      headers: {
        ...headers,
        ...(body.length > 0 ? { "content-length": body.length } : {}),
        "x-forwarded-for": forwarded.join(", "),
      },
      agent: false,
    });
    asked.on("response", (answer) => {
      answered.push({ path: incoming.url?.split("?")[0] ?? "", target });
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.on("error", () => outgoing.destroy()).pipe(outgoing);
    });
    asked.on("error", () => {
      if (outgoing.headersSent) outgoing.destroy();
      else passOn(incoming, outgoing, body, others);
    });
    outgoing.on("close", () => asked.destroy());
    asked.end(body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (!address || typeof address !== "object") throw new Error("The proxy has no port");
  const proxy: ReverseProxy = {
    port: address.port,
    route: null,
    answersTo: (path) =>
      targets.map(
        (_, index) => answered.filter((each) => each.path === path && each.target === index).length,
      ),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
