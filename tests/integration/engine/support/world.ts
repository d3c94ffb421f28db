// An app with real Inngest functions, an engine that serves it, and a database of their own.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/node";
import { onTestFinished } from "vitest";
import { type Engine, type EngineOptions, startEngine } from "@/local/inngest/engine.ts";
import { emptyDatabase } from "./empty-database.ts";
import { until } from "./until.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export type RunView = {
  run_id: string;
  function_slug: string;
  status: "Running" | "Completed" | "Failed" | "Cancelled";
  output: unknown;
  run_started_at: string;
  ended_at: string | null;
  next_at: string | null;
  event_id: string;
};

/** A web server on a free port whose handler can be exchanged while it runs. */
export class AppServer {
  readonly server: Server;
  /** Until there is one, requests wait: the engine asks for the functions before the app knows its address. */
  handler: RequestListener | null = null;

  constructor() {
    this.server = createServer((request, response) => void this.#handle(request, response));
  }

  async #handle(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const handler = await until("the app has a handler", () => this.handler).catch(() => null);
    if (handler) handler(request, response);
    else response.destroy();
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

export type Functions = (inngest: Inngest) => InngestFunction.Any[];

export type Keys = { eventKey: string; signingKey: string };

export function createClient(engineUrl: string, keys: Keys | null): Inngest {
  return new Inngest({
    id: "app",
    baseUrl: engineUrl,
    checkpointing: false,
    isDev: keys === null,
    logger: silent,
    ...(keys === null ? {} : keys),
  });
}

export class World {
  readonly app: AppServer;
  readonly engine: Engine;
  readonly databaseUrl: string;
  readonly keys: Keys | null;
  readonly log: string[];
  inngest: Inngest;

  private constructor(parts: {
    app: AppServer;
    engine: Engine;
    databaseUrl: string;
    keys: Keys | null;
    log: string[];
  }) {
    this.app = parts.app;
    this.engine = parts.engine;
    this.databaseUrl = parts.databaseUrl;
    this.keys = parts.keys;
    this.log = parts.log;
    this.inngest = createClient(parts.engine.url, parts.keys);
  }

  /** Starts app and engine, waits until the engine has taken over the functions, and stops all with the test. */
  static async start(
    functions: Functions,
    options: Partial<EngineOptions> & { keys?: Keys } = {},
  ): Promise<World> {
    const { keys = null, ...engineOptions } = options;
    const databaseUrl = await emptyDatabase();
    const app = new AppServer();
    await app.listen();
    const log: string[] = [];
    const engine = await startEngine({
      databaseUrl,
      appUrl: `http://127.0.0.1:${app.port}/api/inngest`,
      port: 0,
      hasClockApi: true,
      jitterMs: () => 0,
      log: (line) => log.push(line),
      ...(keys ?? {}),
      ...engineOptions,
    });
    const world = new World({ app, engine, databaseUrl, keys, log });
    onTestFinished(async () => {
      await app.close();
      await engine.stop();
    });
    world.serve(functions);
    await world.synced();
    return world;
  }

  /** Exchanges the app's functions, as a deploy would. */
  serve(functions: Functions): void {
    this.app.handler = serve({ client: this.inngest, functions: functions(this.inngest) });
  }

  async synced(): Promise<void> {
    await until("the engine has taken over the functions", async () => {
      const apps = await this.api<{ data: { isConnected: boolean; functionCount: number }[] }>("/v2/apps");
      return apps.data[0]?.isConnected === true && apps.data[0].functionCount > 0;
    });
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.keys && !headers.has("authorization")) {
      const { hashSigningKey } = await import("@/local/inngest/signing.ts");
      headers.set("authorization", `Bearer ${hashSigningKey(this.keys.signingKey)}`);
    }
    return await fetch(`${this.engine.url}${path}`, { ...init, headers });
  }

  async api<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.fetch(path, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Sends one event and answers its internal id. */
  async send(name: string, data: object = {}, more: { id?: string; ts?: number } = {}): Promise<string> {
    const { ids } = await this.inngest.send({ name, data: { ...data }, ...more });
    const [id] = ids;
    if (!id) throw new Error("The engine gave the event no id.");
    return id;
  }

  async runsOf(eventId: string): Promise<RunView[]> {
    return (await this.api<{ data: RunView[] }>(`/v1/events/${eventId}/runs`)).data;
  }

  async run(runId: string): Promise<RunView> {
    return (await this.api<{ data: RunView }>(`/v1/runs/${runId}`)).data;
  }

  /** The event's only run, once it has ended. */
  async ended(eventId: string): Promise<RunView> {
    return await until("the run ends", async () => {
      const [run] = await this.runsOf(eventId);
      return run && run.status !== "Running" ? run : null;
    });
  }

  /** The event's only run, once it waits for a time that is at least `aheadMs` away. */
  async waiting(eventId: string, aheadMs = 500): Promise<RunView & { inMs: number }> {
    return await until("the run waits", async () => {
      const [run] = await this.runsOf(eventId);
      if (!run?.next_at) return null;
      const inMs = Date.parse(run.next_at) - this.engine.clock.now();
      const jobs = await this.api<{ data: { executing: boolean }[] }>(`/v1/runs/${run.run_id}/jobs`);
      return inMs >= aheadMs && jobs.data.every((job) => !job.executing) ? { ...run, inMs } : null;
    });
  }

  async advance(ms: number): Promise<void> {
    await this.api("/dev/clock", post({ advance_ms: ms }));
  }

  /** Moves on from due time to due time until the event's run has ended. */
  async playOut(eventId: string): Promise<RunView> {
    return await until("the run ends", async () => {
      const [run] = await this.runsOf(eventId);
      if (run && run.status !== "Running") return run;
      await this.api("/dev/clock", post({ advance_to_next: true }));
      return null;
    });
  }

  async trace(runId: string): Promise<Trace> {
    return (await this.api<{ data: Trace }>(`/v2/runs/${runId}/trace`)).data;
  }
}

export type Trace = {
  steps: {
    name: string;
    op: string;
    status: string;
    startedAt: string;
    endedAt: string | null;
    attempts: Trace["attempts"];
  }[];
  attempts: {
    attempt: number;
    outcome: string;
    started_at_ms: number;
    ended_at_ms: number;
    retry_at_ms?: number;
    error?: { name: string; message: string };
  }[];
};

export function post(body: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}
