import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { watchAnswers } from "@/app/_http/answer-times";
import { routeOf } from "@/app/_http/routes";
import { PAGES, warmPages } from "@/app/_http/warm-pages";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const half: RequestListener = (_request, response) => void response.writeHead(200).write("<!doctype html>");

describe("a process that starts asks itself for the pages people come to first", () => {
  test("each once, one after the other, whatever is answered", async () => {
    const asked: string[] = [];
    let open = 0;
    const port = await serve((request, response) => {
      open += 1;
      asked.push(`${request.method} ${request.url} ${open}`);
      response.writeHead(asked.length % 2 ? 200 : 503);
      response.end("x".repeat(100_000), () => {
        open -= 1;
      });
    });
    await warmPages(port);
    expect(asked).toEqual(PAGES.map((page) => `GET ${page} 1`));
    for (const page of PAGES) expect(routeOf(page), "a page of ours").toBe(page);
  });

  test("which counts as nobody's request, whatever header somebody sends", async () => {
    const counted: string[] = [];
    watchAnswers((route, status) => counted.push(`${route} ${status}`));
    const port = await serve((_request, response) => response.end());
    await warmPages(port);
    await fetch(`http://127.0.0.1:${port}/register`, { headers: { "x-latchkey-warm-up": "x" } });
    await expect.poll(() => counted).toEqual(["/register 200"]);
  });

  test("and starts all the same when nobody listens, or nobody answers within the limit", async () => {
    for (const silent of [() => {}, half]) {
      const port = await serve(silent);
      await expect(warmPages(port, 50)).resolves.toBeUndefined();
    }
    const broken = await serve((request) => request.socket.destroy());
    await expect(warmPages(broken)).resolves.toBeUndefined();
  });
});
