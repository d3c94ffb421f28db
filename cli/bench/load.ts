// Asks many times: as fast as so many at once can, or at a pace that does not wait for answers.
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type Answer = { status: number; body: string; ms: number };

/** Nothing of the product may take so long; a bench that waits for ever says nothing. */
const ANSWER_TIMEOUT_MS = 60_000;

/** node:http and connections that are kept: what asks must cost little beside what answers. */
export function createAsker(): {
  ask(url: string, options: { method?: string; token?: string; body?: object }): Promise<Answer>;
  close(): void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    async ask(url, { method = "GET", token, body }) {
      const text = body === undefined ? "" : JSON.stringify(body);
      const headers = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        "content-length": Buffer.byteLength(text),
      };
      const askBy = (by: Agent | false) => askOver(by, url, { method, headers, text });
      const first = await askBy(agent);
      if (first !== "closed") return first;
      // Others that were kept as long may be closed as well.
      const second = await askBy(false);
      if (second === "closed") throw new Error(`${method} ${url}: the connection was closed twice`);
      return second;
    },
    close: () => agent.destroy(),
  };
}

/** `closed`: a kept connection that the server ended while the request was on its way to it; nobody has read that. */
function askOver(
  agent: Agent | false,
  url: string,
  { method, headers, text }: { method: string; headers: OutgoingHttpHeaders; text: string },
): Promise<Answer | "closed"> {
  return new Promise((resolve, reject) => {
    const askedAt = performance.now();
    const asking = request(url, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          ms: performance.now() - askedAt,
        }),
      );
      response.on("error", reject);
    });
    asking.on("error", (error: NodeJS.ErrnoException) => {
      if (asking.reusedSocket && error.code === "ECONNRESET") resolve("closed");
      else reject(error);
    });
    asking.setTimeout(ANSWER_TIMEOUT_MS, () =>
      asking.destroy(new Error(`No answer within ${ANSWER_TIMEOUT_MS / 1000} s: ${method} ${url}`)),
    );
    asking.end(text);
  });
}

/** `atOnce` workers, each asking again when it has its answer, until `count` were begun. Returns seconds. */
export async function askAll(
  count: number,
  atOnce: number,
  ask: (index: number) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  let next = 0;
  const startedAt = performance.now();
  const work = async () => {
    while (next < count && !signal.aborted) await ask(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (performance.now() - startedAt) / 1000;
}

/** One every `1 / perSecond` seconds, however long the answers take. */
export async function askAtPace(
  count: number,
  perSecond: number,
  ask: (index: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const asked: Promise<void>[] = [];
  for (let index = 0; index < count && !signal.aborted; index++) {
    await delay(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
    asked.push(ask(index));
  }
  await Promise.all(asked);
}
