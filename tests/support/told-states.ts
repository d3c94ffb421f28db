// The server's part of a confirm page, played by the test: what is told comes down a real event stream, as changes do.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import type { Confirmation } from "@/domain/confirmation-state";

declare global {
  interface Window {
    /** How many states the page's streams have brought. */
    toldCount?: number;
  }
}

/**
 * From the page's next load on it is told `first`; what this answers tells it another state, and comes back when the
 * page has it. A read gets what was told last.
 */
export async function tellStates(
  page: Page,
  first: Confirmation,
): Promise<(next: Confirmation) => Promise<void>> {
  let told = first;
  const streams = new Set<ServerResponse>();
  const write = (stream: ServerResponse) =>
    stream.write(`event: confirmation\ndata: ${JSON.stringify(told)}\n\n`);
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    streams.add(response);
    response.on("close", () => streams.delete(response));
    write(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  page.once("close", () => {
    server.close();
    server.closeAllConnections();
  });

  await page.addInitScript(() => {
    window.toldCount = 0;
    window.EventSource = class extends EventSource {
      constructor(url: string | URL) {
        super(url);
        this.addEventListener("confirmation", () => {
          window.toldCount = (window.toldCount ?? 0) + 1;
        });
      }
    };
  });
  await page.route("**/api/v1/usr/confirmation", (route) => route.fulfill({ json: told }));
  await page.route("**/confirmation/events", (route) => route.continue({ url: `http://127.0.0.1:${port}/` }));
  return async (next) => {
    const before = await page.evaluate(() => window.toldCount ?? 0);
    told = next;
    for (const stream of streams) write(stream);
    await page.waitForFunction((count) => (window.toldCount ?? 0) > count, before);
    // And shows it: what is drawn anew is drawn by then.
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  };
}
