// A process that is told to end is not kept alive by a client that goes on asking (npm run chaos found it).
import { Agent, createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { endConnectionsAfterAnswers } from "@/inngest/last-requests";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** A server whose answers are given by hand. */
async function startServer(): Promise<{ server: Server; port: number; asked: (() => void)[] }> {
  const asked: (() => void)[] = [];
  const server = createServer((_, response) => {
    asked.push(() => response.end("an answer"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => server.closeAllConnections());
  return { server, port: (server.address() as AddressInfo).port, asked };
}

function ask(port: number, agent: Agent): Promise<{ connection: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const read = async (response: IncomingMessage) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ connection: response.headers.connection, text });
    };
    get({ port, agent, host: "127.0.0.1" }, (response) => void read(response)).on("error", reject);
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test("what is under way is answered whole, then the connection ends and the server with it", async () => {
  const { server, port, asked } = await startServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  undo.push(() => agent.destroy());
  const first = ask(port, agent);
  await until(() => asked.length === 1);
  // Waits in the client for the same connection.
  const second = ask(port, agent);

  undo.push(endConnectionsAfterAnswers());
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  asked[0]?.();
  expect((await first).text).toBe("an answer");
  await closed;
  // The client looks for another server: a load balancer has one.
  await expect(second).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ECONNRESET/) });
  expect(asked).toHaveLength(1);
});

test("who asks on an open connection after that is answered, and told that it was the last time", async () => {
  const { server, port, asked } = await startServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  undo.push(() => agent.destroy(), endConnectionsAfterAnswers());
  const answer = ask(port, agent);
  await until(() => asked.length === 1);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  asked[0]?.();
  expect(await answer).toEqual({ connection: "close", text: "an answer" });
  await closed;
});
