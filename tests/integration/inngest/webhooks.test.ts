// The functions of our webhooks, run by an engine that calls them over HTTP, to endpoints on real sockets.
import { asc, eq, isNull } from "drizzle-orm";
import { beforeEach, expect, test, vi } from "vitest";
import { outbox } from "@/db/schema";
import { webhookDeliveries } from "@/db/schema-outside";
import { findWebhook } from "@/db/webhooks";
import { attemptDelivery } from "@/domain/email-delivery";
import { DELIVERY_FAILED, WEBHOOK_REQUESTED } from "@/domain/events";
import { registerUser } from "@/domain/registration";
import { createWebhookEndpoints } from "@/domain/webhook-endpoints";
import { replayWebhook } from "@/domain/webhooks";
import {
  createAnnounceEvent,
  createDeliverWebhook,
  createRequestOverdueWebhooks,
} from "@/inngest/functions/webhooks";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startReceiver, WEBHOOK_SECRET } from "@/tests/support/webhook-receiver";
import { World } from "../engine/support/world.ts";

// An engine, an app and a database: on a busy machine the first of these tests takes its time.
vi.setConfig({ testTimeout: 90_000 });

const services = useTestServices(useTestDatabase());
beforeEach(async () => {
  await services.db.delete(webhookDeliveries);
  await services.db.delete(outbox);
});

async function start() {
  const receiver = await startReceiver();
  services.webhooks = createWebhookEndpoints([receiver.url], [WEBHOOK_SECRET]);
  const world = await World.start((inngest) => [
    createAnnounceEvent(inngest, () => services),
    createDeliverWebhook(inngest, () => services),
    createRequestOverdueWebhooks(inngest, () => services),
  ]);
  /** Publishes what waits in the outbox under this name, as the relay does; returns the engine's ids of it. */
  const publish = async (name: string) => {
    const rows = await services.db
      .select()
      .from(outbox)
      .where(isNull(outbox.publishedAt))
      .orderBy(asc(outbox.createdAt));
    const ids: string[] = [];
    for (const row of rows.filter((one) => one.name === name)) {
      // The services' clock may be ahead, and an event of the future would wait.
      const ts = Math.min(row.createdAt.getTime(), Date.now());
      ids.push(await world.send(row.name, row.data, { id: row.id, ts }));
      await services.db.update(outbox).set({ publishedAt: new Date() }).where(eq(outbox.id, row.id));
    }
    return ids;
  };
  /** Announces the one event of that name, and returns the event that asks for its delivery. */
  const announce = async (name: string) => {
    const [eventId = ""] = await publish(name);
    const run = await world.ended(eventId);
    expect(run).toMatchObject({ status: "Completed", output: { webhooks: 1 } });
    const [requested = ""] = await publish(WEBHOOK_REQUESTED);
    return requested;
  };
  return { receiver, world, publish, announce };
}

test("a registration reaches the endpoint with the outbox row's id, its own time, and nothing of the person", async () => {
  const { receiver, world, announce } = await start();
  const { user, outboxId } = await registerUser(services, someone());
  const [row] = await services.db.select().from(outbox).where(eq(outbox.id, outboxId));
  const run = await world.ended(await announce("user/registered"));
  expect(run).toMatchObject({ status: "Completed", output: { outcome: "delivered", attempt: 1 } });
  expect(receiver.received()).toMatchObject([
    {
      id: `evt_${outboxId}`,
      event: {
        type: "user.registered",
        timestamp: row?.createdAt.toISOString(),
        data: { user_id: user.id },
      },
    },
  ]);
  expect(receiver.requests[0]?.body).not.toContain("@");
});

test("an endpoint that is down is tried again by the schedule until it takes it", async () => {
  const { receiver, world, announce } = await start();
  await registerUser(services, someone());
  receiver.answer((response) => void response.socket?.destroy(), 503);
  expect(await world.playOut(await announce("user/registered"))).toMatchObject({
    status: "Completed",
    output: { outcome: "delivered", attempt: 3 },
  });
  const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
});

test("a mail that was given up is told with its state and reason; an endpoint that is gone ends the run at once", async () => {
  const { receiver, world, announce } = await start();
  const { deliveryId, user } = await registerUser(services, someone());
  services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
  await attemptDelivery(services, deliveryId);
  receiver.answer(410);
  expect(await world.ended(await announce(DELIVERY_FAILED))).toMatchObject({ status: "Failed" });
  expect(receiver.received()).toMatchObject([
    {
      event: {
        type: "delivery.failed",
        data: { user_id: user.id, delivery_id: deliveryId, status: "failed", reason: "mailbox_unavailable" },
      },
    },
  ]);
});

test("an operator's press sends it once more, by a run of its own", async () => {
  const { receiver, world, publish, announce } = await start();
  await registerUser(services, someone());
  await world.ended(await announce("user/registered"));
  const [row] = await services.db.select().from(webhookDeliveries);
  await replayWebhook(services, row?.id ?? "");
  const [again = ""] = await publish(WEBHOOK_REQUESTED);
  expect(await world.ended(again)).toMatchObject({ output: { outcome: "delivered", attempt: 2 } });
  expect(receiver.received().map(({ body }) => body)).toEqual([
    receiver.requests[0]?.body,
    receiver.requests[0]?.body,
  ]);
});

test("one whose run was lost is asked for anew by the cron", async () => {
  const { receiver, world, publish } = await start();
  await registerUser(services, someone());
  const [eventId = ""] = await publish("user/registered");
  await world.ended(eventId);
  // What asks for its delivery never reaches an engine.
  await services.db.delete(outbox).where(eq(outbox.name, WEBHOOK_REQUESTED));
  services.pass(601);
  await world.advance(5 * 60_000);
  const isRequested = async () => (await publish(WEBHOOK_REQUESTED))[0] ?? null;
  await expect.poll(isRequested, { timeout: 20_000 }).not.toBeNull();
  const [row] = await services.db.select().from(webhookDeliveries);
  await expect
    .poll(async () => (await findWebhook(services.db, row?.id ?? ""))?.status, { timeout: 20_000 })
    .toBe("delivered");
  expect(receiver.requests).toHaveLength(1);
});
