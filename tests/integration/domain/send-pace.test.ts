// A burst against a provider that counts: two processes, one pace, no refusal.
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { sendPace } from "@/db/schema";
import { planSend } from "@/db/send-pace";
import { getConfirmation } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { createSending } from "@/domain/send-pace";
import type { SendResult } from "@/emails/transport";
import { createTestServices, refusal, someone, type TestServices } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const database = useTestDatabase();
const services = useTestServices(database);
beforeEach(async () => {
  await services.db.delete(sendPace);
});

/** What the engine does with a run: attempt, stay away as long as told and `lateMs` longer, attempt again. */
async function runDelivery(worker: TestServices, deliveryId: string, lateMs: number): Promise<string> {
  for (let toldDueAt: Date | null = null; ; ) {
    const result = await attemptDelivery(worker, deliveryId, { toldDueAt });
    if (result.outcome !== "paced") return result.outcome;
    toldDueAt = result.dueAt;
    await delay(result.waitSeconds * 1000 + lateMs);
  }
}

const register = async (count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => (await registerUser(services, someone())).deliveryId),
  );

/** Refuses with 429 whoever makes more than `limit` mails in any window of a second. */
function createCountingProvider(limit: number) {
  const accepted: number[] = [];
  const seen = { refused: 0 };
  return {
    seen,
    async answer(): Promise<SendResult> {
      const now = performance.now();
      const inWindow = accepted.filter((at) => now - at < 1000).length;
      if (inWindow >= limit) {
        seen.refused++;
        return refusal({ code: "rate_limited", retryAfterSeconds: 1 });
      }
      accepted.push(now);
      return { outcome: "accepted", providerMessageId: `counted-${accepted.length}` };
    },
  };
}

describe("places in the queue", () => {
  const ask = (hadPlace: boolean) =>
    planSend(services.db, { intervalMs: 60_000, nearMs: 150_000, readyMs: 200_000, hadPlace });
  const minutes = (waitMs: number) => Math.round(waitMs / 60_000);

  test("are one interval apart: the near ones may try, the others are told their time", async () => {
    const waits = [];
    for (let i = 0; i < 5; i++) waits.push(minutes(await ask(false)));
    expect(waits).toEqual([0, 0, 0, 3, 4]);
  });

  test("are kept by who comes back in time, and given anew when the gate is far behind", async () => {
    for (let i = 0; i < 4; i++) await ask(false);
    expect(await ask(true)).toBe(0);
    await services.db.update(sendPace).set({ gateAt: new Date(Date.now() + 600_000) });
    expect(minutes(await ask(true))).toBe(10);
    expect(minutes(await ask(true))).toBe(11);
  });

  test("are all different when thirty ask at once", async () => {
    const waits = await Promise.all(
      Array.from({ length: 30 }, () =>
        planSend(services.db, { intervalMs: 1_000_000, nearMs: 0, readyMs: 0, hadPlace: false }),
      ),
    );
    const places = waits.map((waitMs) => Math.round(waitMs / 1_000_000)).sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });
});

describe("a burst of forty mails at a pace of eight a second, against a provider that takes ten", () => {
  // How near it comes to that pace depends on the machine: `npm run bench -- burst` says.
  test("drains no faster than that from two processes, by an engine that is late, without a 429 or a retry", async () => {
    const other = createTestServices(database.url);
    try {
      const provider = createCountingProvider(10);
      const deliveryIds = await register(40);
      for (const worker of [services, other]) {
        worker.settings.sendsPerSecond = 8;
        worker.transport.answer(...Array.from({ length: 40 }, () => provider.answer));
      }
      const outcomes = await Promise.all(
        deliveryIds.map((id, index) => runDelivery(index % 2 ? services : other, id, (index % 5) * 250)),
      );
      expect(new Set(outcomes)).toEqual(new Set(["sent"]));
      expect(provider.seen.refused).toBe(0);
      for (const id of deliveryIds) expect(await listAttempts(services.db, id)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});

describe("two processes that stand still while mails wait for their instants", () => {
  const standStill = (forMs: number) => {
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs);
  };

  test("do not send afterwards all at once what they missed", async () => {
    const other = createTestServices(database.url);
    try {
      const provider = createCountingProvider(10);
      const deliveryIds = await register(28);
      let mails = 0;
      const answer = () => {
        // Both have mails that are prepared and know their instants.
        if (++mails === 9) setImmediate(standStill, 900);
        return provider.answer();
      };
      for (const worker of [services, other]) {
        worker.settings.sendsPerSecond = 8;
        worker.transport.answer(...Array.from({ length: 40 }, () => answer));
      }
      await Promise.all(
        deliveryIds.map((id, index) => runDelivery(index % 2 ? services : other, id, (index % 5) * 250)),
      );
      expect(provider.seen.refused).toBe(0);
    } finally {
      await other.close();
    }
  });
});

const tooEarly = (retryAfterSeconds: number | null) =>
  refusal({ code: "rate_limited", providerCode: "rate_limit_exceeded", retryAfterSeconds });

describe("a mail that the provider finds too early although the pace is kept", () => {
  /** For the row of the pace, the time that the provider asked for has passed. */
  const passHold = () => services.db.update(sendPace).set({ holdUntil: null, gateAt: new Date(0) });

  test("comes back when the provider said, loses no try, and the ledger shows both attempts", async () => {
    const { deliveryId, user } = await registerUser(services, someone());
    services.settings.sendsPerSecond = 1_000;
    services.transport.answer(tooEarly(7));
    const told = await attemptDelivery(services, deliveryId);
    const dueAt = new Date(services.clock().getTime() + 7_000);
    expect(told).toEqual({ outcome: "paced", waitSeconds: 7, dueAt });
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "retrying",
      nextAttemptAt: dueAt,
    });
    const shown = await getConfirmation(services, user.id, "en");
    expect(shown?.delivery).toMatchObject({
      status: "queued",
      attempt: 0,
      next_attempt_at: dueAt.toISOString(),
    });

    services.pass(7);
    await passHold();
    expect(await attemptDelivery(services, deliveryId, { toldDueAt: dueAt })).toEqual({
      outcome: "sent",
      attempt: 1,
    });
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { number: 1, outcome: "failed", errorCode: "rate_limited", providerCode: "rate_limit_exceeded" },
      { number: 2, outcome: "accepted" },
    ]);
  });

  test("waits one interval of the pace at least, whatever the provider says", async () => {
    const [id = ""] = await register(1);
    services.settings.sendsPerSecond = 0.1;
    services.transport.answer(tooEarly(null));
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "paced", waitSeconds: 11 });
  });

  test("is a failure like any other after ten such answers: sixteen conversations in all, and it is failed", async () => {
    const [id = ""] = await register(1);
    services.settings.sendsPerSecond = 1_000;
    const outcomes: string[] = [];
    while (outcomes.length < 30 && outcomes.at(-1) !== "failed") {
      services.transport.answer(tooEarly(1));
      await passHold();
      outcomes.push((await attemptDelivery(services, id)).outcome);
      services.pass(900);
    }
    expect(outcomes).toEqual([...Array(10).fill("paced"), ...Array(5).fill("retry"), "failed"]);
    expect(await listAttempts(services.db, id)).toHaveLength(16);
    expect(await findDelivery(services.db, id)).toMatchObject({ status: "failed", pacedCount: 10 });
  });

  test.each([
    ["its quota is used up", { code: "quota_exceeded", class: "ours" as const, retryAfterSeconds: 1 }, 1_000],
    ["it asks for an hour", { code: "rate_limited", retryAfterSeconds: 3_600 }, 1_000],
    ["no pace is set", { code: "rate_limited", retryAfterSeconds: 1 }, null],
  ])("spends a try when %s", async (_, answer, perSecond) => {
    const [id = ""] = await register(1);
    services.settings.sendsPerSecond = perSecond;
    services.transport.answer(refusal(answer));
    expect(await attemptDelivery(services, id)).toMatchObject({ outcome: "retry", attempt: 1 });
    expect(await findDelivery(services.db, id)).toMatchObject({ attemptCount: 1, pacedCount: 0 });
  });
});

describe("a mail that must wait", () => {
  test("stays queued without an attempt, and is not overdue before its time", async () => {
    const [first = "", second = ""] = await register(2);
    services.settings.sendsPerSecond = 0.01;
    expect(await attemptDelivery(services, first)).toMatchObject({ outcome: "sent" });
    const told = await attemptDelivery(services, second);
    const delivery = await findDelivery(services.db, second);
    expect(told).toEqual({ outcome: "paced", waitSeconds: 105, dueAt: delivery?.nextAttemptAt });
    expect(delivery).toMatchObject({ status: "queued", attemptCount: 0 });
    expect(delivery?.nextAttemptAt).toEqual(new Date(services.clock().getTime() + 107_000));
  });

  test("does not wait behind mails that are settled already", async () => {
    const [first = "", second = ""] = await register(2);
    await attemptDelivery(services, first);
    services.settings.sendsPerSecond = 0.01;
    for (const _ of [1, 2, 3])
      expect(await attemptDelivery(services, first)).toEqual({ outcome: "settled", status: "sent" });
    expect(await attemptDelivery(services, second)).toMatchObject({ outcome: "sent" });
  });

  test("waits as long as the provider asks another one that was too early, in every process", async () => {
    const other = createTestServices(database.url);
    try {
      const [first = "", second = ""] = await register(2);
      for (const worker of [services, other]) worker.settings.sendsPerSecond = 1_000;
      services.transport.answer(tooEarly(30));
      await attemptDelivery(services, first);
      const told = await attemptDelivery(other, second);
      expect(told).toMatchObject({ outcome: "paced" });
      expect((told as { waitSeconds: number }).waitSeconds).toBeGreaterThan(25);
      expect(other.transport.handed).toHaveLength(0);
    } finally {
      await other.close();
    }
  });

  test("keeps the longer time that the provider asked for, whoever asks for it while it is not its turn", async () => {
    const [id = ""] = await register(1);
    services.settings.sendsPerSecond = 1_000;
    services.transport.answer(refusal({ retryAfterSeconds: 600 }));
    await attemptDelivery(services, id);
    const dueAt = (await findDelivery(services.db, id))?.nextAttemptAt;
    for (const _ of [1, 2, 3])
      expect(await attemptDelivery(services, id)).toEqual({ outcome: "paced", waitSeconds: 600, dueAt });
    expect((await findDelivery(services.db, id))?.nextAttemptAt).toEqual(dueAt);
    expect(services.transport.handed).toHaveLength(1);
  });

  test("gives its worker back when all of EMAIL_CONCURRENCY talk to a provider that hangs", async () => {
    const [first = "", second = ""] = await register(2);
    services.sending = createSending(1);
    let answer: (result: SendResult) => void = () => {};
    services.transport.answer(() => new Promise((resolve) => (answer = resolve)));
    const hanging = attemptDelivery(services, first);
    await expect.poll(() => services.transport.handed.length).toBe(1);
    expect(await attemptDelivery(services, second)).toMatchObject({ outcome: "paced", waitSeconds: 1 });
    answer({ outcome: "accepted", providerMessageId: "late" });
    await hanging;
    expect(await attemptDelivery(services, second)).toMatchObject({ outcome: "sent" });
  });
});
