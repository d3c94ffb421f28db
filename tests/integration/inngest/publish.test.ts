// What a registration does while the engine misbehaves in every way a server can.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { findOutboxRow } from "@/db/outbox";
import { outbox } from "@/db/schema";
import { registerUser } from "@/domain/registration";
import { createTestDatabase } from "@/tests/support/database";
import { createTestServices, someone, type TestServices } from "@/tests/support/services";

type Engine = { url: string; received: { id: string; name: string; data: object }[]; close(): Promise<void> };

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

/** An engine that answers `POST /e/…` with this status, or never (`hang`). */
async function startEngine(behaviour: { status: number } | "hang"): Promise<Engine> {
  const received: Engine["received"] = [];
  const server = createHttpServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (behaviour === "hang") return;
    if (behaviour.status === 200) received.push(...(JSON.parse(body) as Engine["received"]));
    response.writeHead(behaviour.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ ids: ["01M85RYYNRDZ0K1R1CNJW684VY"], status: behaviour.status }));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes the connection and says nothing, not even HTTP. */
async function startSilentTcp(): Promise<Engine> {
  const server = createTcpServer((socket) => void socket.on("error", () => {}));
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, received: [], close: async () => void server.close() };
}

async function startNothing(): Promise<Engine> {
  const engine = await startSilentTcp();
  await engine.close();
  return engine;
}

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let services: TestServices;
let engine: Engine | undefined;

/** The modules under test, new for each engine: client and breaker belong to a process. */
async function useEngine(started: Engine) {
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
  const [{ publishNow, relayOutbox, engine: engineHealth }, { dispatchDelivery }] = await Promise.all([
    import("@/inngest/publish"),
    import("@/inngest/dispatch"),
  ]);
  return { publishNow, relayOutbox, engineHealth, dispatchDelivery };
}

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  services = createTestServices(database.url);
});
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  await services.close();
  vi.unstubAllEnvs();
});

describe("publishing an event", () => {
  test("sends ids only, with the outbox row's id as the event's id, and marks the row", async () => {
    const { publishNow } = await useEngine(await startEngine({ status: 200 }));
    const { outboxId, deliveryId, user } = await registerUser(services, someone());
    // A busy machine may take longer than a person should wait; that is not what this is about.
    expect(await publishNow(services, outboxId, 10_000)).toEqual({ published: true });
    expect(engine?.received).toEqual([
      expect.objectContaining({
        id: outboxId,
        name: "user/registered",
        data: { userId: user.id, deliveryId },
      }),
    ]);
    expect((await findOutboxRow(services.db, outboxId))?.publishedAt).toEqual(services.clock());
  });

  test.each([
    ["refuses the connection", startNothing, "Connection refused"],
    ["answers 500", () => startEngine({ status: 500 }), "The queue refused the event"],
    ["answers 401", () => startEngine({ status: 401 }), "The queue refused the event"],
    ["takes the request and hangs", () => startEngine("hang"), "Timed out"],
    ["takes the connection and stays silent", startSilentTcp, "Timed out"],
  ] as const)("an engine that %s is not waited for, and the row stays", async (_, start, error) => {
    const { publishNow } = await useEngine(await start());
    const { outboxId } = await registerUser(services, someone());
    expect(await publishNow(services, outboxId)).toEqual({ published: false, error });
    expect((await findOutboxRow(services.db, outboxId))?.publishedAt).toBeNull();
  });

  test("after two failures the breaker spares the next registrations the wait", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine("hang"));
    const rows = await Promise.all([1, 2, 3].map(() => registerUser(services, someone())));
    for (const { outboxId } of rows.slice(0, 2)) await publishNow(services, outboxId);
    expect(engineHealth(services).breaker.state()).toBe("open");
    expect(await publishNow(services, rows[2]?.outboxId ?? "")).toEqual({
      published: false,
      error: "Connection refused",
    });
    expect(services.lines.map((line) => line.sentence)).toContain("Circuit breaker of the engine: open");
  });
});

describe("the relay", () => {
  /** Rows whose writers have had their turn. */
  const freeAll = () => services.db.update(outbox).set({ leaseUntil: sql`now() - interval '1 second'` });

  test("publishes what waits, once, in the order it was written", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      ids.push((await registerUser(services, someone())).outboxId);
      services.pass(1);
    }
    await freeAll();
    expect(await relayOutbox(services)).toEqual({ published: 3, failed: 0 });
    expect(await relayOutbox(services)).toEqual({ published: 0, failed: 0 });
    expect(engine?.received.map((event) => event.id)).toEqual(ids);
  });

  test("leaves a fresh row to the request that wrote it", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    await registerUser(services, someone());
    expect(await relayOutbox(services)).toEqual({ published: 0, failed: 0 });
  });

  test("of four at once publishes each row once", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    for (let round = 0; round < 8; round++) await registerUser(services, someone());
    await freeAll();
    await Promise.all([1, 2, 3, 4].map(() => relayOutbox(services)));
    const ids = engine?.received.map((event) => event.id) ?? [];
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });

  test("keeps what an absent engine did not take, for later", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 500 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const { outboxId } = await registerUser(services, someone());
    await freeAll();
    expect(await relayOutbox(services)).toEqual({ published: 0, failed: 1 });
    const [row] = await services.db.select().from(outbox).where(eq(outbox.id, outboxId));
    expect(row).toMatchObject({ publishedAt: null, tries: 1 });
  });
});

describe("with a provider that never answers (P1)", () => {
  test("a registration is answered without asking the provider anything", async () => {
    const { dispatchDelivery } = await useEngine(await startEngine({ status: 200 }));
    services.transport.answer(() => new Promise(() => {}));
    const registration = await registerUser(services, someone());
    expect(
      await dispatchDelivery(services, registration, {
        startedAt: performance.now(),
        publishLimitMs: 10_000,
      }),
    ).toEqual({ queued: true });
    expect(services.transport.handed).toEqual([]);
  });
});

describe("with the engine away", () => {
  test("the mail is sent inside the request", async () => {
    const { dispatchDelivery } = await useEngine(await startNothing());
    const registration = await registerUser(services, someone());
    expect(await dispatchDelivery(services, registration, { startedAt: performance.now() })).toEqual({
      queued: false,
      sent: true,
    });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("and the provider away too, the answer says why, in the old system's words", async () => {
    const { dispatchDelivery } = await useEngine(await startNothing());
    const registration = await registerUser(services, someone());
    services.transport.answer(() => new Promise(() => {}));
    expect(await dispatchDelivery(services, registration, { startedAt: performance.now() })).toEqual({
      queued: false,
      sent: false,
      error: "Failed to queue email: Connection refused",
    });
  });

  test("EMAIL_MODE=sync does not ask the engine at all", async () => {
    vi.stubEnv("EMAIL_MODE", "sync");
    const { dispatchDelivery } = await useEngine(await startEngine({ status: 200 }));
    const registration = await registerUser(services, someone());
    expect(await dispatchDelivery(services, registration, { startedAt: performance.now() })).toEqual({
      queued: false,
      sent: true,
    });
    expect(engine?.received).toEqual([]);
  });
});
