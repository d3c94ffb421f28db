// Webhooks of ours, over HTTP: what is told, how it is signed, and what becomes of an endpoint that does not take it.
import { eq, inArray } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { listAuditRows } from "@/db/audit-log";
import { outbox } from "@/db/schema";
import { webhookDeliveries } from "@/db/schema-outside";
import { findUser } from "@/db/users";
import { findWebhook, listWebhookAttempts } from "@/db/webhooks";
import { confirmEmail } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { erasePerson } from "@/domain/erasure";
import { DELIVERY_FAILED, USER_CONFIRMED, USER_REGISTERED, WEBHOOK_REQUESTED } from "@/domain/events";
import { applyProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { purgeExpired } from "@/domain/retention";
import { settleAfterRun } from "@/domain/unfinished-deliveries";
import { createWebhookEndpoints } from "@/domain/webhook-endpoints";
import { browseWebhooks, explainWebhook, readEndpoints } from "@/domain/webhook-list";
import { announceEvent, attemptWebhook, replayWebhook, requestOverdueWebhooks } from "@/domain/webhooks";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { type Receiver, startReceiver, WEBHOOK_SECRET } from "@/tests/support/webhook-receiver";
import { closedPort, startHttp } from "../emails/scripted-servers";

const DAY = 86_400;
const services = useTestServices(useTestDatabase());
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  services.webhooks = createWebhookEndpoints([receiver.url], [WEBHOOK_SECRET]);
  await services.db.delete(outbox);
  await services.db.delete(webhookDeliveries);
});

const eventsNamed = async (name: string) => services.db.select().from(outbox).where(eq(outbox.name, name));

/** A person and one webhook about them that waits. */
async function waiting() {
  const person = someone();
  const { user } = await registerUser(services, person);
  const event = {
    type: "user.registered",
    userId: user.id,
    facts: {},
    occurredAt: services.clock(),
  } as const;
  expect(await announceEvent(services, { ...event, eventId: `event-of-${user.id}` })).toBe(
    services.webhooks?.list.length,
  );
  const rows = await services.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.userId, user.id));
  const [row] = rows;
  if (!row) throw new Error("no webhook was made");
  return { person, userId: user.id, id: row.id, rows };
}

const statusOf = async (id: string) => (await findWebhook(services.db, id))?.status;

describe("what is told", () => {
  test("ASVS 4.1.5: is the event's type and time and the person's id, signed so that the library of the standard takes it", async () => {
    const { id, userId } = await waiting();
    const before = Date.now();
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "delivered", attempt: 1 });
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: "POST", url: "/hooks/s3cret-path" });
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(receiver.received()).toEqual([
      {
        id: `evt_event-of-${userId}`,
        event: {
          type: "user.registered",
          timestamp: services.clock().toISOString(),
          data: { user_id: userId },
        },
        body: request?.body,
      },
    ]);
    expect(Number(request?.headers["webhook-timestamp"])).toBeLessThanOrEqual(before / 1000 + 1);
    const foreign = `whsec_${Buffer.from("a secret of somebody else's making").toString("base64")}`;
    expect(() => receiver.received(foreign)).toThrow();
  });

  test("is signed with the old and the new secret while one is being replaced", async () => {
    const next = `whsec_${Buffer.from("the secret that comes after it").toString("base64")}`;
    services.webhooks = createWebhookEndpoints([receiver.url], [next, WEBHOOK_SECRET]);
    await attemptWebhook(services, (await waiting()).id);
    expect(receiver.received(WEBHOOK_SECRET)).toEqual(receiver.received(next));
  });

  test("goes to every endpoint by itself, once however often the event is announced", async () => {
    const other = await startReceiver();
    services.webhooks = createWebhookEndpoints([receiver.url, other.url], [WEBHOOK_SECRET]);
    const { rows, userId } = await waiting();
    const event = { type: "user.registered", userId, facts: {}, occurredAt: services.clock() } as const;
    expect(await announceEvent(services, { ...event, eventId: `event-of-${userId}` })).toBe(0);
    receiver.answer(500);
    for (const { id } of rows) await attemptWebhook(services, id);
    expect((await Promise.all(rows.map(({ id }) => statusOf(id)))).sort()).toEqual(["delivered", "waiting"]);
    expect(other.received()[0]?.id).toBe(receiver.received()[0]?.id);
    const requested = (await eventsNamed(WEBHOOK_REQUESTED)).map(({ data }) => data.webhookId);
    expect(requested.sort()).toEqual(rows.map(({ id }) => id).sort());
  });

  test("promise P6: of an address that has an owner it is the same as of one that has none", async () => {
    const owner = someone();
    const owned = await registerUser(services, owner);
    await confirmEmail(services, owned.user.id, await codeOf(services, owned.deliveryId));
    await services.db.delete(outbox);
    const known = await registerUser(services, someone({ email: owner.email }));
    const unknown = await registerUser(services, someone());
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, known.deliveryId);
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, unknown.deliveryId);
    const told = async ({ user, deliveryId }: typeof known) => {
      const rows = await services.db.select().from(outbox);
      return rows
        .filter(({ data }) => data.userId === user.id)
        .map(({ name, data }) => ({ name, data }))
        .map((event) => JSON.stringify(event).replaceAll(user.id, "user").replaceAll(deliveryId, "delivery"))
        .sort();
    };
    expect(await told(known)).toEqual(await told(unknown));
    expect(await told(unknown)).toEqual([
      JSON.stringify({
        name: DELIVERY_FAILED,
        data: { reason: "mail_refused", status: "failed", userId: "user", deliveryId: "delivery" },
      }),
      JSON.stringify({ name: USER_REGISTERED, data: { userId: "user", deliveryId: "delivery" } }),
    ]);
  });
});

describe("a mail that will not arrive is announced once", () => {
  const failures = async (deliveryId: string) =>
    (await eventsNamed(DELIVERY_FAILED))
      .filter(({ data }) => data.deliveryId === deliveryId)
      .map(({ data }) => data);
  const registered = () => registerUser(services, someone());
  const said = (type: "bounced" | "complained" | "suppressed" | "failed", deliveryId: string) =>
    applyProviderEvent(services, {
      id: `${type}-${deliveryId}`,
      type,
      providerMessageId: "unknown",
      deliveryId,
      isPermanent: true,
      text: "ada@example.com is not known here",
    });

  test("when it was given up, and not while there are attempts left", async () => {
    const { deliveryId, user } = await registered();
    services.transport.answer(refusal());
    await attemptDelivery(services, deliveryId);
    expect(await failures(deliveryId)).toEqual([]);
    services.pass(61);
    services.transport.answer(refusal({ class: "permanent", code: "mailbox_unavailable" }));
    await attemptDelivery(services, deliveryId);
    await settleAfterRun(services, deliveryId);
    expect(await failures(deliveryId)).toEqual([
      { userId: user.id, deliveryId, status: "failed", reason: "mailbox_unavailable" },
    ]);
  });

  test.each(["bounced", "suppressed", "failed"] as const)(
    "when the provider says %s, without its words",
    async (type) => {
      const { deliveryId, user } = await registered();
      await attemptDelivery(services, deliveryId);
      await said(type, deliveryId);
      await said(type, deliveryId);
      expect(await failures(deliveryId)).toEqual([
        { userId: user.id, deliveryId, status: type, reason: type },
      ]);
    },
  );

  test("promise P6: when the mail that was withheld for it comes back, as one that was sent would have been", async () => {
    const owner = someone();
    const owned = await registerUser(services, owner);
    await confirmEmail(services, owned.user.id, await codeOf(services, owned.deliveryId));
    const sendOne = async () => {
      const { deliveryId } = await registerUser(services, someone({ email: owner.email }));
      await attemptDelivery(services, deliveryId);
      return deliveryId;
    };
    const first = await sendOne();
    const withheld = await sendOne();
    await said("bounced", first);
    for (const id of [first, withheld])
      expect(await failures(id)).toMatchObject([{ status: "bounced", reason: "bounced" }]);
    // Told once, however often it is said.
    await applyProviderEvent(services, {
      id: "again",
      type: "bounced",
      providerMessageId: "unknown",
      deliveryId: first,
      isPermanent: true,
      text: null,
    });
    expect(await failures(withheld)).toHaveLength(1);
  });

  test("and a complaint is none: that mail has arrived", async () => {
    const { deliveryId } = await registered();
    await attemptDelivery(services, deliveryId);
    await said("complained", deliveryId);
    expect(await failures(deliveryId)).toEqual([]);
  });
});

describe("an endpoint that does not take it", () => {
  test("is asked seven times in 17 hours and a half, with the same id and the same bytes, and then no more", async () => {
    const { id } = await waiting();
    receiver.answer(500, 404, 408, 401, 500, 500, 500);
    const waits: number[] = [];
    for (;;) {
      const result = await attemptWebhook(services, id);
      if (result.outcome !== "retry") {
        expect(result).toEqual({ outcome: "failed", attempt: 7, reason: "refused" });
        break;
      }
      const wait = (result.at.getTime() - services.clock().getTime()) / 1000;
      waits.push(wait);
      services.pass(wait);
    }
    expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000]);
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    // Each attempt is signed anew: a receiver refuses what is older than five minutes.
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(7);
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "settled" });
    expect(receiver.requests).toHaveLength(7);
    expect(await listWebhookAttempts(services.db, id)).toMatchObject([
      { number: 1, httpStatus: 500, reasonCode: "refused" },
      { number: 2, httpStatus: 404 },
      { number: 3, httpStatus: 408 },
      { number: 4, httpStatus: 401 },
      { number: 5 },
      { number: 6 },
      { number: 7 },
    ]);
  });

  test("because it is gone (410) is not asked again", async () => {
    const { id } = await waiting();
    receiver.answer(410);
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "failed", attempt: 1, reason: "gone" });
    expect(await statusOf(id)).toBe("failed");
  });

  test("because it has too much to do is asked when it says, but never earlier than the schedule, nor a day later", async () => {
    const waitAfter = async (status: number, retryAfter: string) => {
      receiver.answer({ status, headers: { "retry-after": retryAfter } });
      const result = await attemptWebhook(services, (await waiting()).id);
      return result.outcome === "retry" ? (result.at.getTime() - services.clock().getTime()) / 1000 : null;
    };
    expect(await waitAfter(429, "120")).toBe(120);
    expect(await waitAfter(503, "1")).toBe(5);
    expect(await waitAfter(503, "999999")).toBe(DAY);
    expect(await waitAfter(500, "120")).toBe(5);
  });

  test("because it sends us elsewhere is not followed there", async () => {
    const elsewhere = await startHttp((_request, response) => response.end());
    const { id } = await waiting();
    receiver.answer({ status: 307, headers: { location: elsewhere.url } });
    expect(await attemptWebhook(services, id)).toMatchObject({ outcome: "retry", reason: "redirected" });
    expect(elsewhere.requests).toEqual([]);
  });

  test("because nobody listens, the connection breaks or nothing is answered in time may take it later", async () => {
    const dead = `http://127.0.0.1:${await closedPort()}/`;
    services.webhooks = createWebhookEndpoints([dead, receiver.url], [WEBHOOK_SECRET], 200);
    const { rows } = await waiting();
    receiver.answer(
      (response) => void response.socket?.destroy(),
      () => {},
    );
    const reasons: string[] = [];
    for (const { id } of [...rows, ...rows]) {
      const result = await attemptWebhook(services, id);
      if (result.outcome === "retry") reasons.push(result.reason);
    }
    expect(reasons.sort()).toEqual([
      "connection_lost",
      "connection_refused",
      "connection_refused",
      "timeout",
    ]);
  });

  test("and answers without end is read no further than it has something to say", async () => {
    const { id } = await waiting();
    receiver.answer((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "delivered", attempt: 1 });
  });

  test("has its address nowhere in the rows or in the log: it may hold a secret", async () => {
    const { id } = await waiting();
    receiver.answer(500);
    await attemptWebhook(services, id);
    const rows = await services.db.select().from(webhookDeliveries);
    expect(JSON.stringify([rows, services.lines])).not.toContain("s3cret-path");
  });
});

describe("an operator", () => {
  test("sees endpoints and events, newest first and a page at a time, with what the newest attempt came to", async () => {
    receiver.answer(500);
    const first = await waiting();
    await attemptWebhook(services, first.id);
    services.pass(1);
    const second = await waiting();
    await attemptWebhook(services, second.id);
    const page = await browseWebhooks(services, { size: 1 });
    expect(page.webhooks).toMatchObject([
      { id: second.id, status: "delivered", httpStatus: 204, reason: null },
    ]);
    const older = await browseWebhooks(services, { size: 1, cursor: page.older ?? "" });
    expect(older).toMatchObject({
      webhooks: [{ id: first.id, httpStatus: 500, reason: "refused" }],
      older: null,
    });
    expect(older.webhooks[0]?.endpointName).toBe(new URL(receiver.url).host);
    const failed = await browseWebhooks(services, { status: "waiting" });
    expect(failed.webhooks.map(({ id }) => id)).toEqual([first.id]);
    expect(await readEndpoints(services)).toEqual([
      { name: new URL(receiver.url).host, lastDay: { delivered: 1, waiting: 1 } },
    ]);
  });

  test("sends one anew that was given up, or that a receiver has lost, under the same id; written down as their act", async () => {
    const { id, userId } = await waiting();
    receiver.answer(410);
    await attemptWebhook(services, id);
    await services.db.delete(outbox);
    expect(await replayWebhook(services, id)).toMatchObject({ outcome: "replayed" });
    expect(await replayWebhook(services, id)).toEqual({ outcome: "refused", code: "still_waiting" });
    expect((await eventsNamed(WEBHOOK_REQUESTED)).map(({ data }) => data.webhookId)).toEqual([id]);
    receiver.answer(500);
    // The whole schedule is before it again.
    expect(await attemptWebhook(services, id)).toMatchObject({ outcome: "retry", attempt: 2 });
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "delivered", attempt: 3 });
    expect(await replayWebhook(services, id)).toMatchObject({ outcome: "replayed" });
    await attemptWebhook(services, id);
    expect(new Set(receiver.received().map((message) => message.id)).size).toBe(1);
    const [row] = await listAuditRows(services.db, { type: "webhook_replayed" }, { limit: 1 });
    expect(row).toMatchObject({ actor: "operator", userId, details: { webhookId: id } });
  });

  test("cannot send to an endpoint that is not configured any more", async () => {
    const { id } = await waiting();
    services.webhooks = createWebhookEndpoints(["https://elsewhere.example/"], [WEBHOOK_SECRET]);
    expect(await attemptWebhook(services, id)).toMatchObject({
      outcome: "failed",
      reason: "unknown_endpoint",
    });
    expect(await replayWebhook(services, id)).toEqual({ outcome: "refused", code: "unknown_endpoint" });
    expect(await explainWebhook(services, id)).toMatchObject({
      endpointName: null,
      replay: "unknown_endpoint",
    });
  });
});

describe("nothing is lost, and nothing stays for ever", () => {
  test("one that no run is at any more is asked for anew after ten minutes, by one of many processes", async () => {
    const { id } = await waiting();
    await services.db.delete(outbox);
    services.pass(599);
    expect(await requestOverdueWebhooks(services)).toBe(0);
    services.pass(2);
    const both = await Promise.all([requestOverdueWebhooks(services), requestOverdueWebhooks(services)]);
    expect(both.sort()).toEqual([0, 1]);
    expect((await eventsNamed(WEBHOOK_REQUESTED)).map(({ data }) => data.webhookId)).toEqual([id]);
  });

  test("one that kills its workers is given up all the same", async () => {
    const { id } = await waiting();
    await services.db.update(webhookDeliveries).set({ attemptCount: 7 });
    services.pass(601);
    await services.db.delete(outbox);
    await requestOverdueWebhooks(services);
    expect(await statusOf(id)).toBe("failed");
    expect(await eventsNamed(WEBHOOK_REQUESTED)).toEqual([]);
  });

  test("settled ones go after 30 days, and those that wait stay", async () => {
    const delivered = await waiting();
    await attemptWebhook(services, delivered.id);
    const open = await waiting();
    // Of accounts: what is about a claim goes with it.
    const ids = [delivered.userId, open.userId];
    for (const id of ids) {
      const user = await findUser(services.db, id);
      const { deliveryId } =
        (await eventsNamed(USER_REGISTERED)).find(({ data }) => data.userId === id)?.data ?? {};
      await confirmEmail(services, String(user?.id), await codeOf(services, String(deliveryId)));
    }
    services.pass(30 * DAY + 1);
    expect(await purgeExpired(services)).toMatchObject({ webhooks: 1 });
    const left = await services.db
      .select()
      .from(webhookDeliveries)
      .where(inArray(webhookDeliveries.userId, ids));
    expect(left.map(({ id }) => id)).toEqual([open.id]);
    expect(await eventsNamed(USER_CONFIRMED)).toHaveLength(2);
  });

  test("those about a person who is erased go with them, also one that is being sent", async () => {
    const { id, person, userId } = await waiting();
    receiver.answer(
      (response) => void erasePerson(services, person.email).then(() => response.writeHead(500).end()),
    );
    await attemptWebhook(services, id);
    expect(await findWebhook(services.db, id)).toBeNull();
    expect(await listWebhookAttempts(services.db, id)).toEqual([]);
    expect(await attemptWebhook(services, id)).toEqual({ outcome: "settled" });
    const event = {
      eventId: "late",
      type: "user.registered",
      userId,
      facts: {},
      occurredAt: new Date(),
    } as const;
    expect(await announceEvent(services, event)).toBe(0);
  });
});
