// What a registration does while the engine misbehaves in every way a server can.
import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, test, vi } from "vitest";
import { findOutboxRow } from "@/db/outbox";
import { outbox } from "@/db/schema";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { createTraced } from "@/tests/support/traced";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startEngine, startNothing, startSilentTcp, useStubEngine } from "./support/stub-engine";

/** A busy machine may take longer than a person should wait; most tests are not about that. */
const UNHURRIED_MS = 10_000;

const database = useTestDatabase();
const services = useTestServices(database);
const { useEngine, received, asked } = useStubEngine(database);

describe("publishing an event", () => {
  test("sends ids only, with the outbox row's id as the event's id, and marks the row", async () => {
    const { publishNow } = await useEngine(await startEngine({ status: 200 }));
    const { outboxId, deliveryId, user } = await registerUser(services, someone());
    // A busy machine may take longer than a person should wait; that is not what this is about.
    expect(await publishNow(services, outboxId, { limitMs: 10_000 })).toEqual({ published: true });
    expect(received()).toEqual([
      expect.objectContaining({
        id: outboxId,
        name: "user/registered",
        data: { userId: user.id, deliveryId },
      }),
    ]);
    expect((await findOutboxRow(services.db, outboxId))?.publishedAt).toEqual(services.clock());
  });

  test.each([
    ["refuses the connection", startNothing, "Connection refused", UNHURRIED_MS],
    ["answers 500", () => startEngine({ status: 500 }), "The queue refused the event", UNHURRIED_MS],
    ["answers 401", () => startEngine({ status: 401 }), "The queue refused the event", UNHURRIED_MS],
    ["takes the request and hangs", () => startEngine("hang"), "Timed out", undefined],
    ["takes the connection and stays silent", startSilentTcp, "Timed out", undefined],
  ] as const)("an engine that %s is not waited for, and the row stays", async (_, start, error, limitMs) => {
    const { publishNow } = await useEngine(await start());
    const { outboxId } = await registerUser(services, someone());
    const startedAt = performance.now();
    expect(await publishNow(services, outboxId, { limitMs: limitMs })).toMatchObject({
      published: false,
      error,
    });
    expect(performance.now() - startedAt).toBeLessThan(UNHURRIED_MS / 2);
    expect((await findOutboxRow(services.db, outboxId))?.publishedAt).toBeNull();
  });

  test("in a rush the events that come while calls are under way go out in one, and each row is marked", async () => {
    const { publishNow } = await useEngine(await startEngine({ status: 200, afterMs: 20 }));
    const people = await Promise.all(Array.from({ length: 9 }, () => registerUser(services, someone())));
    const publications = people.map(({ event }) => publishNow(services, event, { limitMs: UNHURRIED_MS }));
    expect(await Promise.all(publications)).toEqual(Array(9).fill({ published: true }));
    expect(asked()).toEqual([1, 1, 7]);
    expect(received().map(({ id }) => id)).toEqual(people.map(({ outboxId }) => outboxId));
    for (const { outboxId } of people)
      expect((await findOutboxRow(services.db, outboxId))?.publishedAt).toEqual(services.clock());
  });

  test("one that is refused among others in a rush keeps none of them from going out", async () => {
    const { publishNow, engineHealth } = await useEngine(
      await startEngine({ status: 200, afterMs: 20, refuses: "bad" }),
    );
    const people = await Promise.all(Array.from({ length: 6 }, () => registerUser(services, someone())));
    const events = people.map(({ event }, index) => (index === 3 ? { ...event, name: "bad" } : event));
    const publications = await Promise.all(
      events.map((event) => publishNow(services, event, { limitMs: UNHURRIED_MS })),
    );
    expect(publications.map(({ published }) => published)).toEqual([true, true, true, false, true, true]);
    expect(received()).toHaveLength(5);
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
  });

  test("after two failures the breaker spares the next registrations the wait", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine("hang"));
    const rows = await Promise.all([1, 2, 3].map(() => registerUser(services, someone())));
    for (const { outboxId } of rows.slice(0, 2)) await publishNow(services, outboxId);
    expect(engineHealth(services).breaker.state(services.clock())).toBe("open");
    expect(await publishNow(services, rows[2]?.outboxId ?? "")).toEqual({
      published: false,
      error: "Connection refused",
    });
    expect(services.lines.map((line) => line.sentence)).toContain("Circuit breaker of the engine: open");
  });
});

describe("the circuit breaker of the engine", () => {
  const register = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => (await registerUser(services, someone())).outboxId),
    );

  test("lets exactly one of ten registrations ask when its time has come, and all once that one came through", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 200, afterMs: 50 }));
    const ids = await register(11);
    const { breaker } = engineHealth(services);
    for (const _ of [1, 2]) breaker.failed(services.clock());
    services.pass(5);
    const publications = await Promise.all(
      ids.slice(0, 10).map((id) => publishNow(services, id, { limitMs: 10_000 })),
    );
    expect(publications.filter(({ published }) => published)).toHaveLength(1);
    expect(publications.filter(({ published }) => !published)).toEqual(
      Array(9).fill({ published: false, error: "Connection refused" }),
    );
    expect(received()).toHaveLength(1);
    expect(breaker.state(services.clock())).toBe("closed");
    expect(await publishNow(services, ids[10] ?? "", { limitMs: 10_000 })).toEqual({ published: true });
  });

  test("an engine that answers too late stays spared, and what it took late is recorded all the same", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 200, afterMs: 300 }));
    const ids = await register(2);
    const { breaker } = engineHealth(services);
    for (const id of ids)
      expect(await publishNow(services, id, { limitMs: 50 })).toMatchObject({
        published: false,
        error: "Timed out",
      });
    expect(breaker.state(services.clock())).toBe("open");
    for (const id of ids)
      await expect.poll(async () => (await findOutboxRow(services.db, id))?.publishedAt).not.toBeNull();
    expect(breaker.state(services.clock())).toBe("open");
  });

  test("our own database away is not the engine's fault, and the engine is not asked", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 200 }));
    const ids = await register(4);
    const reading = vi.spyOn(services.db, "select").mockImplementation(() => {
      throw Object.assign(new Error("away"), { code: "ECONNREFUSED" });
    });
    for (const id of ids)
      expect(await publishNow(services, id)).toEqual({
        published: false,
        error: "The database did not answer",
      });
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
    expect(received()).toEqual([]);
    reading.mockRestore();
    expect(await publishNow(services, ids[0] ?? "", { limitMs: 10_000 })).toEqual({ published: true });
  });

  test("a database that hangs until the limit is not the engine's fault either", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 200 }));
    const ids = await register(3);
    vi.spyOn(services.db, "select").mockImplementation(() => {
      const never = new Promise(() => {});
      return { from: () => ({ where: () => never }) } as unknown as ReturnType<typeof services.db.select>;
    });
    for (const id of ids)
      expect(await publishNow(services, id, { limitMs: 20 })).toMatchObject({ published: false });
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
  });

  test("an event that the engine took is published, also when that could not be written down", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 200 }));
    const ids = await register(3);
    const writing = vi.spyOn(services.db, "update").mockImplementation(() => {
      throw Object.assign(new Error("away"), { code: "ECONNREFUSED" });
    });
    for (const id of ids)
      expect(await publishNow(services, id, { limitMs: 10_000 })).toEqual({ published: true });
    writing.mockRestore();
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
    expect((await findOutboxRow(services.db, ids[0] ?? ""))?.publishedAt).toBeNull();
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
    expect(await relayOutbox(services)).toMatchObject({ published: 3, failed: 0 });
    expect(await relayOutbox(services)).toMatchObject({ published: 0, failed: 0 });
    expect(received().map((event) => event.id)).toEqual(ids);
  });

  test("publishes each event as a part of its own trace, also those that go out together", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const { tracing, read } = createTraced();
    services.tracing = tracing;
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) ids.push((await registerUser(services, someone())).outboxId);
    await freeAll();
    expect(await relayOutbox(services)).toMatchObject({ published: 2, failed: 0 });
    const spans = await read();
    const published = spans("publish user/registered");
    expect(published.map(({ attributes }) => attributes["latchkey.event.id"]).sort()).toEqual(ids.sort());
    const writes = spans("write registration").map((span) => span.spanContext());
    for (const { parentSpanContext } of published)
      expect(writes).toContainEqual(
        expect.objectContaining({ traceId: parentSpanContext?.traceId, spanId: parentSpanContext?.spanId }),
      );
    expect(new Set(published.map((span) => span.spanContext().traceId)).size).toBe(2);
  });

  test("publishes events of one trace beside one another, each after what led to it", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const { tracing, read } = createTraced();
    services.tracing = tracing;
    await tracing.span("a class registers", {}, async () => {
      for (let pupil = 0; pupil < 3; pupil++) await registerUser(services, someone());
    });
    await freeAll();
    expect(await relayOutbox(services)).toMatchObject({ published: 3, failed: 0 });
    expect(asked()).toEqual([3]);
    const spans = await read();
    const parents = spans("publish user/registered").map((span) => span.parentSpanContext?.spanId);
    expect(parents.sort()).toEqual(
      spans("write registration")
        .map((span) => span.spanContext().spanId)
        .sort(),
    );
  });

  test("leaves a fresh row to the request that wrote it", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    await registerUser(services, someone());
    expect(await relayOutbox(services)).toMatchObject({ published: 0, failed: 0 });
  });

  test("of four at once publishes each row once", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 200 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    for (let round = 0; round < 8; round++) await registerUser(services, someone());
    await freeAll();
    await Promise.all([1, 2, 3, 4].map(() => relayOutbox(services)));
    const ids = received().map((event) => event.id);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });

  test("keeps what an absent engine did not take, for later", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 500 }));
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const { outboxId } = await registerUser(services, someone());
    await freeAll();
    expect(await relayOutbox(services)).toMatchObject({ published: 0, failed: 1 });
    const [row] = await services.db.select().from(outbox).where(eq(outbox.id, outboxId));
    expect(row).toMatchObject({ publishedAt: null, tries: 1 });
  });
});

describe("an event that the engine refuses", () => {
  /** A row that the engine refuses between two that it takes. */
  async function writeBadOne() {
    await services.db.update(outbox).set({ publishedAt: new Date() });
    const before = await registerUser(services, someone());
    services.pass(1);
    const id = randomUUID();
    const data = { deliveryId: before.deliveryId };
    await services.db.insert(outbox).values({ id, name: "bad", data, createdAt: services.clock() });
    services.pass(1);
    const after = await registerUser(services, someone());
    await services.db.update(outbox).set({ leaseUntil: sql`now() - interval '1 second'` });
    return { id, good: [before.outboxId, after.outboxId] };
  }

  test("is set aside with a loud word, and the others go out", async () => {
    const { relayOutbox, engineHealth } = await useEngine(await startEngine({ status: 200, refuses: "bad" }));
    const { id, good } = await writeBadOne();
    expect(await relayOutbox(services)).toMatchObject({ published: 2, failed: 1 });
    expect(received().map((event) => event.id)).toEqual(good);
    const bad = await findOutboxRow(services.db, id);
    expect(bad).toMatchObject({ publishedAt: null, tries: 1 });
    expect((bad?.leaseUntil?.getTime() ?? 0) - Date.now()).toBeGreaterThan(30_000);
    expect(services.lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        facts: expect.objectContaining({ outboxId: id, status: 400 }),
      }),
    );
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
    expect(await relayOutbox(services)).toMatchObject({ published: 0, failed: 0 });
  });

  test("does not make the engine look away to the registrations after it", async () => {
    const { publishNow, engineHealth } = await useEngine(await startEngine({ status: 400 }));
    for (let event = 1; event <= 3; event++) {
      const { outboxId } = await registerUser(services, someone());
      expect(await publishNow(services, outboxId, { limitMs: UNHURRIED_MS })).toMatchObject({
        published: false,
      });
    }
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
  });

  test("is not what a wrong key is: then nothing goes out, and nothing is set aside", async () => {
    const { relayOutbox } = await useEngine(await startEngine({ status: 401 }));
    const { id } = await writeBadOne();
    expect(await relayOutbox(services)).toMatchObject({ published: 0, failed: 3 });
    const bad = await findOutboxRow(services.db, id);
    expect((bad?.leaseUntil?.getTime() ?? 0) - Date.now()).toBeLessThan(30_000);
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
  const unhurried = () => ({ startedAt: performance.now() + UNHURRIED_MS, publishLimitMs: UNHURRIED_MS });

  test("the mail is sent inside the request", async () => {
    vi.stubEnv("EMAIL_SYNC_BUDGET", "10");
    const { dispatchDelivery } = await useEngine(await startNothing());
    const registration = await registerUser(services, someone());
    expect(await dispatchDelivery(services, registration, unhurried())).toEqual({
      queued: false,
      sent: true,
    });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("the mail is sent inside the request in a crowd too", async () => {
    vi.stubEnv("EMAIL_SYNC_BUDGET", "10");
    const { dispatchDelivery } = await useEngine(await startNothing());
    const registration = await registerUser(services, someone());
    expect(await dispatchDelivery(services, registration, { ...unhurried(), isCrowded: true })).toEqual({
      queued: false,
      sent: true,
    });
  });

  test("an event that a crowd kept from going out in time is queued: it is written, and the relay publishes it", async () => {
    const { dispatchDelivery, relayOutbox, engineHealth } = await useEngine(
      await startEngine({ status: 200, afterMs: 100 }),
    );
    const registration = await registerUser(services, someone());
    const crowded = { ...unhurried(), publishLimitMs: 10, isCrowded: true };
    expect(await dispatchDelivery(services, registration, crowded)).toEqual({ queued: true });
    expect(services.transport.handed).toEqual([]);
    expect(engineHealth(services).breaker.state(services.clock())).toBe("closed");
    await services.db.update(outbox).set({ leaseUntil: null });
    await relayOutbox(services);
    await expect
      .poll(async () => (await findOutboxRow(services.db, registration.outboxId))?.publishedAt)
      .not.toBeNull();
  });

  test("and the provider away too, the answer says why, in the old system's words", async () => {
    const { dispatchDelivery } = await useEngine(await startNothing());
    const registration = await registerUser(services, someone());
    services.transport.answer(() => new Promise(() => {}));
    const hurried = { startedAt: performance.now(), publishLimitMs: UNHURRIED_MS };
    expect(await dispatchDelivery(services, registration, hurried)).toEqual({
      queued: false,
      sent: false,
      error: "Failed to queue email: Connection refused",
    });
  });

  test("EMAIL_MODE=sync does not ask the engine at all", async () => {
    vi.stubEnv("EMAIL_MODE", "sync");
    vi.stubEnv("EMAIL_SYNC_BUDGET", "10");
    const { dispatchDelivery } = await useEngine(await startEngine({ status: 200 }));
    const registration = await registerUser(services, someone());
    expect(await dispatchDelivery(services, registration, unhurried())).toEqual({
      queued: false,
      sent: true,
    });
    expect(received()).toEqual([]);
  });
});
