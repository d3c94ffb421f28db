// The app of the engine's bench: one function that sleeps and does one step. The SDK describes it to the engine; calls are
// answered as the SDK would answer them, from memory, because what is measured is the engine: the SDK's own work for a run
// takes as much as the engine's.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Inngest } from "inngest";
import { serve } from "inngest/node";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** Steps are known by the SHA-1 of their ids. */
const idOf = (step: string) => createHash("sha1").update(step).digest("hex");
const SLEEP = { id: idOf("a-second"), op: "Sleep", name: "1s", displayName: "a-second" };
const STEP = { id: idOf("count"), op: "StepRun", name: "count", displayName: "count", data: null };

export type NapApp = {
  client: Inngest;
  url: string;
  /** Runs whose step was done. */
  done(): number;
  close(): void;
};

export async function startNapApp(engineUrl: string): Promise<NapApp> {
  const client = new Inngest({
    id: "bench",
    baseUrl: engineUrl,
    isDev: true,
    checkpointing: false,
    logger: silent,
  });
  const nap = client.createFunction({ id: "nap", triggers: [{ event: "bench/nap" }] }, async ({ step }) => {
    await step.sleep("a-second", "1s");
    await step.run("count", () => null);
  });
  const described = serve({ client, functions: [nap] });
  let done = 0;
  const server = createServer((request, response) => {
    if (request.method !== "POST") return void described(request, response);
    void readSteps(request).then((steps) => {
      if (!(SLEEP.id in steps)) return answer(response, 206, [SLEEP]);
      if (STEP.id in steps) return answer(response, 200, null);
      done++;
      return answer(response, 206, [STEP]);
    });
  });
  await listen(server);
  return {
    client,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`,
    done: () => done,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readSteps(request: IncomingMessage): Promise<object> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return (JSON.parse(text) as { steps: object }).steps;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, {
      "content-type": "application/json",
      "x-inngest-sdk": "inngest-js:v4.24.0",
      "x-inngest-req-version": "2",
    })
    .end(JSON.stringify(body));
}

const listen = (server: Server) =>
  new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
