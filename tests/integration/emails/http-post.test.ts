// Which broken requests leave open whether the provider has the mail (they bind it to that provider, P3), and which
// surely did not reach it (it may go anywhere). By sockets that break, not by error names.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createAgent, type HttpOutcome, postOnce } from "@/emails/transports/http-post";
import { closedPort, listen, tlsFiles } from "./scripted-servers";

type Answer = (response: http.ServerResponse, request: http.IncomingMessage) => void;

const agents: http.Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

/** Posts over one agent, so over one connection as long as it holds. */
function client(
  url: string,
  mayStillSend: () => Promise<boolean> = async () => true,
): (options?: { body?: string; limitMs?: number }) => Promise<HttpOutcome> {
  const agent = createAgent(new URL(url));
  agents.push(agent);
  return ({ body = "{}", limitMs = 5_000 } = {}) =>
    postOnce(new URL(url), { headers: {}, body, agent, signal: AbortSignal.timeout(limitMs), mayStillSend });
}

/** Answers whole requests in this order; the last one again and again. */
async function serve(...answers: Answer[]) {
  let seen = 0;
  const server = http.createServer((request, response) => {
    request.resume();
    request.on("end", () => answers[Math.min(seen++, answers.length - 1)]?.(response, request));
  });
  const port = await listen(server);
  return { server, url: `http://127.0.0.1:${port}/emails`, seen: () => seen };
}

const ok: Answer = (response) => response.end('{"id":"1"}');
const cut: Answer = (response) => void response.socket?.destroy();
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end("{}");

describe("a request that is not wanted any more", () => {
  test("does not leave, and is asked about when the connection is there", async () => {
    const { url, seen, server } = await serve(ok);
    const connected = new Promise((resolve) => server.once("connection", resolve));
    const answers = [false, true];
    const post = client(url, async () => {
      await connected;
      return answers.shift() ?? true;
    });
    expect(await post()).toEqual({ kind: "unwanted" });
    expect(seen()).toBe(0);
    expect(await post()).toMatchObject({ kind: "answer", status: 200 });
  });

  test("is ambiguous all the same when a kept connection may have carried it before", async () => {
    const { url } = await serve(ok, cut, ok);
    const answers = [true, true, false];
    const post = client(url, async () => answers.shift() ?? true);
    await post();
    expect(await post()).toMatchObject({ kind: "broken", handedOver: true });
  });

  test("keeps nobody waiting: the limit ends the question too", async () => {
    const { url, seen } = await serve(ok);
    const post = client(url, () => new Promise(() => {}));
    expect(await post({ limitMs: 200 })).toMatchObject({ kind: "broken", timedOut: true, handedOver: false });
    expect(seen()).toBe(0);
  });
});

describe("a request that surely did not reach the provider", () => {
  test("is one to a port that refuses", async () => {
    const post = client(`http://127.0.0.1:${await closedPort()}/emails`);
    expect(await post()).toMatchObject({ kind: "broken", handedOver: false, timedOut: false });
  });

  test("is one to a name that does not resolve", async () => {
    expect(await client("http://nobody.invalid/emails")()).toMatchObject({
      kind: "broken",
      handedOver: false,
    });
  });

  test("is one whose handshake fails, because what answers does not speak TLS", async () => {
    const { url } = await serve(ok);
    expect(await client(url.replace("http:", "https:"))()).toMatchObject({
      kind: "broken",
      handedOver: false,
    });
  });

  test("is one whose handshake never ends", async () => {
    const port = await listen(net.createServer());
    const post = client(`https://127.0.0.1:${port}/emails`);
    expect(await post({ limitMs: 200 })).toMatchObject({ kind: "broken", handedOver: false, timedOut: true });
  });

  test("is one of which only a part had left when the connection broke", async () => {
    const server = net.createServer((socket) => socket.once("data", () => socket.destroy()));
    const post = client(`http://127.0.0.1:${await listen(server)}/emails`);
    const body = "x".repeat(32 * 1024 * 1024);
    expect(await post({ body })).toMatchObject({ kind: "broken", handedOver: false });
  });
});

describe("a request that the provider may have acted on", () => {
  test("is one that was read before the connection broke", async () => {
    const { url, seen } = await serve(cut);
    expect(await client(url)()).toMatchObject({ kind: "broken", handedOver: true, timedOut: false });
    // On a new connection nothing excuses a second request.
    expect(seen()).toBe(1);
  });

  test("is one whose answer broke off", async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.socket?.destroy());
    });
    expect(await client(url)()).toMatchObject({ kind: "broken", handedOver: true });
  });

  test("is one that is never answered", async () => {
    const { url } = await serve(() => {});
    expect(await client(url)({ limitMs: 300 })).toMatchObject({
      kind: "broken",
      handedOver: true,
      timedOut: true,
    });
  });

  test("is one that is never answered on a kept connection, and it is not made a second time", async () => {
    const { url, seen } = await serve(ok, () => {});
    const post = client(url);
    await post();
    expect(await post({ limitMs: 300 })).toMatchObject({ kind: "broken", handedOver: true, timedOut: true });
    expect(seen()).toBe(2);
  });
});

describe("a request on a kept connection that broke is made once more, and what that one learns", () => {
  test.each([200, 202, 400, 422])("counts when it is %d: taken, or the mail itself refused", async (code) => {
    const { url, seen } = await serve(ok, cut, status(code));
    const post = client(url);
    await post();
    expect(await post()).toMatchObject({ kind: "answer", status: code });
    expect(seen()).toBe(3);
  });

  test("comes by a new connection: where one was given up, the others were too", async () => {
    let areGivenUp = false;
    const carried = new Set<unknown>();
    const { url } = await serve((response, request) => {
      if (areGivenUp && carried.has(request.socket)) return cut(response, request);
      carried.add(request.socket);
      // Later than the others have come: each on a connection of its own.
      setTimeout(() => ok(response, request), 50);
    });
    const post = client(url);
    await Promise.all([post(), post(), post()]);
    expect(carried.size).toBe(3);
    areGivenUp = true;
    expect(await post()).toMatchObject({ kind: "answer", status: 200 });
  });

  test.each([301, 401, 403, 404, 409, 413, 429, 451, 500, 502, 503])(
    "does not hide that the first may have been read when it is %d",
    async (code) => {
      const { url, seen } = await serve(ok, cut, status(code));
      const post = client(url);
      await post();
      expect(await post()).toMatchObject({ kind: "broken", handedOver: true });
      expect(seen()).toBe(3);
    },
  );

  test("does not hide it either when nobody listens any more", async () => {
    const server = await serve(ok, (response) => {
      server.server.close();
      response.socket?.destroy();
    });
    const post = client(server.url);
    await post();
    expect(await post()).toMatchObject({ kind: "broken", handedOver: true });
  });

  test("decides alone when the first had not left whole", async () => {
    const body = "x".repeat(32 * 1024 * 1024);
    let isFirst = true;
    const server = net.createServer((socket) => {
      let isKept = false;
      socket.on("data", () => {
        if (!isFirst) return void socket.destroy();
        if (isKept) {
          // The rest of the large request meets a connection that is gone, and then nobody at all.
          isFirst = false;
          server.close();
          return void socket.destroy();
        }
        isKept = true;
        socket.write("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}");
      });
    });
    const post = client(`http://127.0.0.1:${await listen(server)}/emails`);
    expect(await post({ body: "" })).toMatchObject({ kind: "answer", status: 200 });
    expect(await post({ body })).toMatchObject({ kind: "broken", handedOver: false });
  });
});

test("over TLS too a request that was read before the connection broke may have been acted on", async () => {
  const server = https.createServer(tlsFiles(), (request, response) => {
    request.resume();
    request.on("end", () => (request.headers.last ? response.socket?.destroy() : response.end("{}")));
  });
  const url = new URL(`https://localhost:${await listen(server)}/emails`);
  for (const isKept of [false, true]) {
    const agent = new https.Agent({ keepAlive: true, ca: tlsFiles().cert });
    agents.push(agent);
    const post = (headers: Record<string, string>) =>
      postOnce(url, {
        headers,
        body: "{}",
        agent,
        signal: AbortSignal.timeout(5_000),
        mayStillSend: async () => true,
      });
    if (isKept) expect(await post({})).toMatchObject({ kind: "answer", status: 200 });
    expect(await post({ last: "1" })).toMatchObject({ kind: "broken", handedOver: true });
  }
});
