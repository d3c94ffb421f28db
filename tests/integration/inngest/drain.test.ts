// A deploy in a rush: what people have sent when the signal comes is answered, and not cut off.
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { closeWhenQuiet } from "@/inngest/drain";
import { endConnectionsAfterAnswers } from "@/inngest/last-requests";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

async function startServer(): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => void response.end("an answer"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => server.closeAllConnections());
  return { server, port: (server.address() as AddressInfo).port };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  undo.push(() => socket.destroy());
  return socket;
}

/** All that comes until the connection ends. */
function ask(socket: Socket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

const close = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()));

test("what was sent before a server is told to close is answered, and the server ends after that", async () => {
  const { server, port } = await startServer();
  const sockets = await Promise.all(Array.from({ length: 20 }, () => open(port)));
  undo.push(closeWhenQuiet(), endConnectionsAfterAnswers());
  // In one breath: nothing of it has been read.
  const answers = sockets.map(ask);
  await close(server);
  for (const answer of await Promise.all(answers)) {
    expect(answer).toContain("an answer");
    expect(answer).toMatch(/^connection: close$/im);
  }
});

test("who comes in the very moment of it is taken, too", async () => {
  const { server, port } = await startServer();
  undo.push(closeWhenQuiet(), endConnectionsAfterAnswers());
  const closed = close(server);
  await nextTurn();
  expect(await ask(await open(port))).toContain("an answer");
  await closed;
  await expect(open(port).catch(() => "gone")).resolves.toBe("gone");
});
