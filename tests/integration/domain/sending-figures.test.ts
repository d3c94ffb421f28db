// What monitoring is told of sending: by the database at each scrape, and by the rules as they work.
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { webhookDeliveries } from "@/db/schema-outside";
import { attemptDelivery } from "@/domain/email-delivery";
import type { Meter } from "@/domain/meter";
import { registerUser } from "@/domain/registration";
import { readSendingFigures } from "@/domain/sending-figures";
import { createTestDatabase } from "@/tests/support/database";
import { createTestServices, refusal, someone, type TestServices } from "@/tests/support/services";

let services: TestServices;

// Figures are of a whole database: each test has its own.
beforeEach(async () => {
  const database = await createTestDatabase();
  services = createTestServices(database.url);
  return async () => {
    await services.close();
    await database.drop();
  };
});

const count = <Row extends { count: number }>(rows: readonly Row[], wanted: Partial<Row>) =>
  rows
    .filter((row) => Object.entries(wanted).every(([name, value]) => Reflect.get(row, name) === value))
    .reduce((sum, row) => sum + row.count, 0);

describe("the figures of sending", () => {
  test("are zeros, not errors, in an empty database", async () => {
    expect(await readSendingFigures(services)).toEqual({
      waiting: ["queued", "sending", "retrying"].map((status) => ({ status, count: 0 })),
      oldestWaitSeconds: 0,
      overdueSeconds: 0,
      outboxCount: 0,
      outboxWaitSeconds: 0,
      deliveries: [],
      attempts: [],
      isCutShort: false,
      webhooks: { counts: [{ status: "waiting", count: 0 }], overdueSeconds: 0 },
      canary: null,
    });
  });

  test("tell of webhooks which wait, by how much they are late, and which were settled within the hour", async () => {
    const { user } = await registerUser(services, someone());
    const now = services.clock();
    const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
    const webhook = (n: number, change: object) => ({
      id: randomUUID(),
      eventId: `event-${n}`,
      type: "user.registered" as const,
      endpoint: "an endpoint",
      userId: user.id,
      data: {},
      occurredAt: before(60_000),
      maxAttempts: 7,
      ...change,
    });
    await services.db.insert(webhookDeliveries).values([
      webhook(1, { nextAttemptAt: before(90) }),
      webhook(2, { nextAttemptAt: before(-90) }),
      // Given up after the whole schedule: of an event that is long past, and still news.
      webhook(3, { status: "failed", settledAt: before(60) }),
      webhook(4, { status: "delivered", settledAt: before(3_700) }),
    ]);
    const { webhooks } = await readSendingFigures(services);
    expect(webhooks.overdueSeconds).toBeCloseTo(90, 1);
    expect(count(webhooks.counts, { status: "waiting" })).toBe(2);
    expect(count(webhooks.counts, { status: "failed" })).toBe(1);
    expect(count(webhooks.counts, { status: "delivered" })).toBe(0);
  });

  test("say what waits, how long, and by how much it is late", async () => {
    await registerUser(services, someone());
    services.pass(20);
    await registerUser(services, someone());
    services.pass(10);
    const figures = await readSendingFigures(services);
    expect(count(figures.waiting, { status: "queued" })).toBe(2);
    expect(figures.oldestWaitSeconds).toBeCloseTo(30, 1);
    // Due 2 s after the registration.
    expect(figures.overdueSeconds).toBeCloseTo(28, 1);
    expect(figures.outboxCount).toBe(2);
    expect(figures.outboxWaitSeconds).toBeCloseTo(30, 1);
  });

  test("tell deliveries by state, provider and class, and attempts by how they ended", async () => {
    const [sent, retried, given, untouched] = await Promise.all(
      [1, 2, 3, 4].map(() => registerUser(services, someone())),
    );
    expect(untouched).toBeDefined();
    services.pass(2);
    await attemptDelivery(services, sent?.deliveryId ?? "");
    services.transport.answer(refusal(), refusal({ class: "permanent", code: "mailbox_unavailable" }));
    await attemptDelivery(services, retried?.deliveryId ?? "");
    await attemptDelivery(services, given?.deliveryId ?? "");
    services.pass(60);
    await attemptDelivery(services, retried?.deliveryId ?? "");
    const { deliveries, attempts } = await readSendingFigures(services);
    expect(count(deliveries, { status: "sent", provider: "scripted", errorClass: null })).toBe(1);
    expect(count(deliveries, { status: "sent", provider: "scripted", errorClass: "transient" })).toBe(1);
    expect(count(deliveries, { status: "failed", errorClass: "permanent" })).toBe(1);
    expect(count(deliveries, { status: "queued", provider: null, errorClass: null })).toBe(1);
    expect(count(deliveries, {})).toBe(4);
    expect(count(attempts, { outcome: "accepted" })).toBe(2);
    expect(count(attempts, { outcome: "failed", errorClass: "transient" })).toBe(1);
    expect(count(attempts, { outcome: "failed", errorClass: "permanent" })).toBe(1);
    expect(count(attempts, {})).toBe(4);
  });

  test("forget a mail an hour after it was queued, unless it still waits", async () => {
    await registerUser(services, someone());
    services.pass(3601);
    const figures = await readSendingFigures(services);
    expect(figures.deliveries).toEqual([]);
    expect(count(figures.waiting, { status: "queued" })).toBe(1);
  });
});

describe("the rules tell the meter", () => {
  test("of registrations by how they end, of limits by name, and how late a mail was accepted", async () => {
    const told: unknown[] = [];
    const meter: Meter = {
      registration: (outcome) => void told.push(outcome),
      limitHit: (limit) => void told.push(limit),
      accepted: (lateSeconds) => void told.push(lateSeconds),
    };
    const watched = Object.assign(services, { meter });
    watched.settings.rateLimits = true;
    const person = someone();
    const { deliveryId } = await registerUser(watched, person);
    await expect(registerUser(watched, someone({ username: person.username }))).rejects.toThrow();
    services.pass(2.5);
    services.transport.answer(refusal());
    await attemptDelivery(watched, deliveryId);
    services.pass(60);
    await attemptDelivery(watched, deliveryId);
    expect(told).toEqual(["registered", "username_taken", 60.5]);
    for (let count = 2; count < 20; count++)
      await registerUser(watched, someone({ username: person.username })).catch(() => {});
    told.length = 0;
    await expect(registerUser(watched, someone())).rejects.toThrow();
    expect(told).toEqual(["registrations-per-network", "registration_limit"]);
  });
});
