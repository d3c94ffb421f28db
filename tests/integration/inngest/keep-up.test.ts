// The crons of inngest/functions/keep-up.ts, run by an engine that calls them over HTTP: for hosts where no loop runs.
import { eq, inArray, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { beginAttempt, listAttempts } from "@/db/delivery-attempts";
import { findOutboxRow } from "@/db/outbox";
import { deliveries, outbox, users } from "@/db/schema";
import { findUser } from "@/db/users";
import { readCanary } from "@/domain/canary";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { World } from "../engine/support/world.ts";

// An engine, an app and a database: on a busy machine the first of these tests takes its time.
vi.setConfig({ testTimeout: 90_000 });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const database = useTestDatabase();
const services = useTestServices(database);
beforeEach(async () => {
  await services.db.delete(users);
  await services.db.delete(outbox);
});
afterEach(async () => {
  vi.unstubAllEnvs();
});

/** An engine with our functions, and a process that publishes to it. No loop runs beside it. */
async function startWorld(functionCount = 6): Promise<World> {
  // Our functions need the engine's address, which it has once it has taken over some.
  const world = await World.start((inngest) => [
    inngest.createFunction({ id: "first", triggers: [{ event: "t/first" }] }, async () => null),
  ]);
  vi.resetModules();
  for (const key of ["latchkeyInngest", "latchkeyEngine", "latchkeyServices"])
    Reflect.deleteProperty(globalThis, key);
  const environment = {
    APP_SECRET: "a secret for tests that is long enough",
    DATABASE_URL: database.url,
    RESEND_API_KEY: "re_test",
    INNGEST_DEV: world.engine.url,
    LOG_LEVEL: "silent",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { createFunctions } = await import("@/inngest/functions");
  world.serve((inngest) => createFunctions(inngest, () => services));
  await expect
    .poll(async () => (await world.api<{ data: { functionCount: number }[] }>("/v2/apps")).data[0], {
      timeout: 20_000,
    })
    // The mail's function has a second one for its failures.
    .toMatchObject({ isConnected: true, functionCount });
  return world;
}

/** To the next minute (of the clock's hours) at which the slot fires. */
const toSlot = (world: World, everyMs: number, offsetMs = 0) =>
  world.advance(everyMs - ((world.engine.clock.now() - offsetMs + everyMs) % everyMs));

test("what waits in the outbox is published, and its mails go out", async () => {
  const world = await startWorld();
  const registrations = [];
  for (let i = 0; i < 3; i++) registrations.push(await registerUser(services, someone()));
  const ids = registrations.map(({ outboxId }) => outboxId);
  await services.db
    .update(outbox)
    .set({ leaseUntil: sql`now() - interval '1 second'` })
    .where(inArray(outbox.id, ids));
  await toSlot(world, MINUTE_MS);
  for (const id of ids)
    await expect
      .poll(async () => (await findOutboxRow(services.db, id))?.publishedAt, { timeout: 20_000 })
      .toBeInstanceOf(Date);
  await expect
    .poll(
      async () => {
        await world.advance(2_000);
        const rows = await services.db.select().from(deliveries);
        return rows.map((row) => row.status);
      },
      { timeout: 30_000 },
    )
    .toEqual(["sent", "sent", "sent"]);
  expect(services.transport.handed).toHaveLength(3);
});

test("what the engine lost is delivered once it is overdue, and the ledger gets its ends", async () => {
  const world = await startWorld();
  const lost = await registerUser(services, someone());
  const settled = await registerUser(services, someone());
  // Published long ago, and never run.
  await services.db.update(outbox).set({ publishedAt: new Date() });
  await beginAttempt(services.db, {
    deliveryId: settled.deliveryId,
    number: 1,
    provider: "scripted",
    startedAt: services.clock(),
  });
  await services.db
    .update(deliveries)
    .set({ status: "cancelled", attemptCount: 1, nextAttemptAt: null })
    .where(eq(deliveries.id, settled.deliveryId));
  services.pass(31);
  await toSlot(world, MINUTE_MS);
  // 31 s after the registration is 29 s after the due time.
  await expect
    .poll(async () => (await listAttempts(services.db, settled.deliveryId))[0]?.outcome, { timeout: 20_000 })
    .toBe("lost");
  expect(await findDelivery(services.db, lost.deliveryId)).toMatchObject({ status: "queued" });
  services.pass(2);
  await toSlot(world, MINUTE_MS);
  await expect
    .poll(async () => (await findDelivery(services.db, lost.deliveryId))?.status, { timeout: 20_000 })
    .toBe("sent");
  expect(services.transport.handed).toHaveLength(1);
});

test("claims that are long over are removed, and others stay", async () => {
  const world = await startWorld();
  const old = await registerUser(services, someone());
  services.pass(2 * 24 * 3600);
  const young = await registerUser(services, someone());
  services.pass(12 * 3600);
  await toSlot(world, HOUR_MS, 17 * MINUTE_MS);
  await expect.poll(() => findUser(services.db, old.user.id), { timeout: 20_000 }).toBeNull();
  expect(await findDelivery(services.db, old.deliveryId)).toBeNull();
  expect(await findUser(services.db, young.user.id)).not.toBeNull();
});

test("the canary registers every five minutes, is accepted like anybody, and leaves only how long it took", async () => {
  services.settings.canaryTo = "canary@example.com";
  const world = await startWorld(7);
  await toSlot(world, 5 * MINUTE_MS);
  const figures = async () => {
    await world.advance(5_000);
    return (await readCanary(services)).last;
  };
  await expect.poll(figures, { timeout: 30_000 }).toMatchObject({ reason: null });
  const { last, lastDay } = await readCanary(services);
  expect(last?.acceptedAfterMs).toBeGreaterThanOrEqual(0);
  expect(last?.answeredMs).toBeGreaterThan(0);
  expect(lastDay).toMatchObject({ runs: 1, through: 1 });
  expect(services.transport.handed.map(({ to }) => to)).toEqual(["canary@example.com"]);
  for (const table of [users, deliveries, outbox]) expect(await services.db.$count(table)).toBe(0);
});
