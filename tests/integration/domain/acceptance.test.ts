// The provider has a mail, and our database is away: what it takes until that is written down (P3).
import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { beginAttempt, endLostAttempt, listAttempts } from "@/db/delivery-attempts";
import { claimDelivery, keepLease, markFailed } from "@/db/delivery-leases";
import { deliveries } from "@/db/schema";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

/** Whoever waits lets this time pass instead of ours. */
let passedMs = 0;
let onWait: (seconds: number) => Promise<void>;
vi.mock("node:timers/promises", () => ({
  setTimeout: async (ms: number) => {
    passedMs += ms;
    await onWait(passedMs / 1000);
  },
}));

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  passedMs = 0;
  onWait = async () => {};
  vi.spyOn(performance, "now").mockImplementation(() => passedMs);
});
afterEach(async () => {
  vi.restoreAllMocks();
});

/** From the acceptance on the worker cannot write, for so many seconds. `meanwhile` happens in that time, once. */
function loseDatabase(seconds: number, meanwhile: () => Promise<unknown> = async () => {}): void {
  let isOver = false;
  services.transport.answer(async () => {
    const write = vi
      .spyOn(services.db, "transaction")
      .mockRejectedValue(Object.assign(new Error("away"), { code: "ECONNREFUSED" }));
    onWait = async (passedSeconds) => {
      if (passedSeconds < seconds || isOver) return;
      isOver = true;
      write.mockRestore();
      await meanwhile();
    };
    return { outcome: "accepted", providerMessageId: "first" };
  });
}

const endLease = (deliveryId: string) =>
  services.db
    .update(deliveries)
    .set({ leaseUntil: sql`now() - interval '1 second'` })
    .where(eq(deliveries.id, deliveryId));

test.each([5, 20, 60, 110])("is written down when the database is back after %d s", async (seconds) => {
  const { deliveryId } = await registerUser(services, someone());
  loseDatabase(seconds);
  expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 1 });
  expect(await findDelivery(services.db, deliveryId)).toMatchObject({
    status: "sent",
    providerMessageId: "first",
  });
  expect(await listAttempts(services.db, deliveryId)).toMatchObject([{ outcome: "accepted" }]);
  expect(passedMs / 1000).toBeLessThan(seconds + 2);
});

test("keeps the end of the process waiting until it is written down", async () => {
  const { deliveryId } = await registerUser(services, someone());
  let isIdle = false;
  let wasIdle = false;
  loseDatabase(60, async () => {
    wasIdle = isIdle;
  });
  const attempt = attemptDelivery(services, deliveryId);
  await expect.poll(() => services.transport.handed.length).toBe(1);
  services.sending.stop();
  await services.sending.idle().then(() => (isIdle = true));
  expect(wasIdle).toBe(false);
  expect(await attempt).toMatchObject({ outcome: "sent" });
});

test("is the truth for a worker that took over meanwhile: it finds the mail sent before it hands it over", async () => {
  const { deliveryId } = await registerUser(services, someone());
  const leaseToken = randomUUID();
  const lease = { leaseToken, leaseSeconds: 25, now: services.clock() };
  loseDatabase(30, async () => {
    await endLease(deliveryId);
    await services.db.transaction(async (tx) => {
      const due = { before: services.clock(), at: null };
      expect(await claimDelivery(tx, deliveryId, { ...lease, due })).toMatchObject({ id: deliveryId });
      expect(await endLostAttempt(tx, deliveryId, lease.now)).toBe(true);
      await beginAttempt(tx, { deliveryId, number: 2, provider: "scripted", startedAt: lease.now });
    });
    expect(await keepLease(services.db, deliveryId, lease)).toBe(true);
  });
  await attemptDelivery(services, deliveryId);
  expect(await keepLease(services.db, deliveryId, lease)).toBe(false);
  expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "sent" });
  expect((await listAttempts(services.db, deliveryId))[0]).toMatchObject({ outcome: "accepted" });
});

test("is the truth for a delivery that was given up meanwhile, but not against the provider's own last word", async () => {
  for (const code of ["worker_lost", "failed"]) {
    const { deliveryId } = await registerUser(services, someone());
    const reason = { code, text: "given up" };
    loseDatabase(30, async () => {
      await endLease(deliveryId);
      expect(await markFailed(services.db, deliveryId, reason, services.clock())).toBe(true);
    });
    await attemptDelivery(services, deliveryId);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: code === "failed" ? "failed" : "sent",
    });
  }
});

test("is not kept for ever: after two minutes the delivery is left to whoever takes it over", async () => {
  const { deliveryId } = await registerUser(services, someone());
  loseDatabase(Number.POSITIVE_INFINITY);
  await expect(attemptDelivery(services, deliveryId)).rejects.toThrow("away");
  expect(passedMs / 1000).toBeGreaterThanOrEqual(120);
  expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "sending" });
});
