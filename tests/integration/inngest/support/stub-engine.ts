// Engines that take events, and misbehave in every way a server can; and the modules that publish to them.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, vi } from "vitest";

export type ReceivedEvent = { id: string; name: string; data: object };

/** Status of its answers, after so long, or never (`hang`); 400 when one of the events is called `refuses`. */
type Behaviour = { status: number; afterMs?: number; refuses?: string } | "hang";

export type StubEngine = {
  url: string;
  received: ReceivedEvent[];
  /** Requests with events, or with a list of none, whatever came of them. */
  asked: number[];
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

/** An engine that answers `POST /e/…` like this, until it is told otherwise. */
export async function startEngine(first: Behaviour): Promise<StubEngine> {
  let behaviour = first;
  const received: ReceivedEvent[] = [];
  const asked: number[] = [];
  const server = createHttpServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const now = behaviour;
    const events = JSON.parse(body) as ReceivedEvent[];
    asked.push(events.length);
    if (now === "hang") return;
    await delay(now.afterMs ?? 0);
    const isRefused = events.some((event) => event.name === now.refuses);
    const status = isRefused ? 400 : now.status;
    if (status === 200) received.push(...events);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ ids: ["01M85RYYNRDZ0K1R1CNJW684VY"], status: now.status }));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    asked,
    behave(next) {
      behaviour = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes the connection and says nothing, not even HTTP. */
export async function startSilentTcp(): Promise<StubEngine> {
  const server = createTcpServer((socket) => void socket.on("error", () => {}));
  const port = await listen(server);
  const close = async () => void server.close();
  return { url: `http://127.0.0.1:${port}`, received: [], asked: [], behave: () => {}, close };
}

export async function startNothing(): Promise<StubEngine> {
  const engine = await startSilentTcp();
  await engine.close();
  return engine;
}

/** To be called at the top of a file. Each test has an engine of its own, which ends with it. */
export function useStubEngine(database: { readonly url: string }) {
  let engine: StubEngine | undefined;
  afterEach(async () => {
    await engine?.close();
    engine = undefined;
    vi.unstubAllEnvs();
  });

  /** The modules under test, new for each engine: client and breaker belong to a process. */
  async function useEngine(started: StubEngine) {
    engine = started;
    vi.resetModules();
    for (const key of ["latchkeyInngest", "latchkeyEngine", "latchkeyServices"])
      Reflect.deleteProperty(globalThis, key);
    vi.stubEnv("INNGEST_BASE_URL", started.url);
    vi.stubEnv("INNGEST_EVENT_KEY", "key");
    vi.stubEnv("INNGEST_SIGNING_KEY", "signkey-prod-00aa");
    vi.stubEnv("APP_SECRET", "a secret for tests that is long enough");
    vi.stubEnv("DATABASE_URL", database.url);
    vi.stubEnv("RESEND_API_KEY", "re_test");
    vi.stubEnv("LOG_LEVEL", "silent");
    const [publish, { dispatchDelivery }, { createRelayRound, holdMsAfter }, { createWatchdogRound }] =
      await Promise.all([
        import("@/inngest/publish"),
        import("@/inngest/dispatch"),
        import("@/inngest/relay"),
        import("@/inngest/watchdog"),
      ]);
    const { publishNow, relayOutbox, engine: engineHealth } = publish;
    return {
      publishNow,
      relayOutbox,
      engineHealth,
      dispatchDelivery,
      createRelayRound,
      holdMsAfter,
      createWatchdogRound,
    };
  }

  return { useEngine, received: () => engine?.received ?? [], asked: () => engine?.asked ?? [] };
}
