import { randomUUID } from "node:crypto";
import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { confirmationCodes, deliveries, outbox } from "@/db/schema";
import { deriveCode } from "@/domain/confirmation-code";
import { confirmEmail, getConfirmation } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { deliverOverdue, settleAfterRun } from "@/domain/unfinished-deliveries";
import type { SendResult } from "@/emails/transport";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

/** A worker that died: its lease is over and nobody wrote how the attempt ended. */
async function abandonSending(deliveryId: string): Promise<void> {
  await services.db
    .update(deliveries)
    .set({
      status: "sending",
      attemptCount: sql`${deliveries.attemptCount} + 1`,
      leaseToken: randomUUID(),
      leaseUntil: sql`now() - interval '1 second'`,
    })
    .where(eq(deliveries.id, deliveryId));
  const delivery = await findDelivery(services.db, deliveryId);
  await services.db.execute(
    sql`insert into delivery_attempts (delivery_id, number, provider, started_at, queued_at) values (${deliveryId}, ${delivery?.attemptCount}, 'scripted', now(), now())`,
  );
}

/** The time that a worker is told who asks too early. */
async function waitFor(deliveryId: string): Promise<Date | null> {
  const told = await attemptDelivery(services, deliveryId);
  if (told.outcome !== "paced") throw new Error(`It is ${told.outcome}, not paced`);
  return told.dueAt;
}

describe("one attempt (P3, P4)", () => {
  test("sends the mail with the code, and starts the code's 15 minutes at the acceptance", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    services.pass(1800);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 1 });
    const delivery = await findDelivery(services.db, deliveryId);
    const [code] = await services.db
      .select()
      .from(confirmationCodes)
      .where(eq(confirmationCodes.userId, user.id));
    const mail = services.transport.handed[0];
    const digits = deriveCode(services.keys, code?.id ?? "");
    expect(delivery).toMatchObject({ status: "sent", providerMessageId: "provider-1", leaseToken: null });
    expect(mail).toMatchObject({ to: user.email, idempotencyKey: `delivery/${deliveryId}` });
    expect(mail?.subject).toContain(digits);
    expect(mail?.html).toContain(digits);
    expect(mail?.text).toContain(digits);
    expect(code?.expiresAt?.getTime()).toBe(services.clock().getTime() + 900_000);
  });

  test("fails five times at 60, 120, 240, 480 and 900 s, succeeds at the sixth, with the same bytes each time", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(...Array.from({ length: 5 }, () => refusal()));
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      const result = await attemptDelivery(services, deliveryId);
      if (result.outcome !== "retry") throw new Error(`attempt ${attempt}: ${result.outcome}`);
      waits.push((result.at.getTime() - services.clock().getTime()) / 1000);
      expect((await findDelivery(services.db, deliveryId))?.nextAttemptAt).toEqual(result.at);
      services.pass(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([60, 120, 240, 480, 900]);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 6 });
    expect(new Set(services.transport.handed.map((mail) => JSON.stringify(mail))).size).toBe(1);
    const attempts = await listAttempts(services.db, deliveryId);
    expect(attempts.map((row) => row.outcome)).toEqual([
      "failed",
      "failed",
      "failed",
      "failed",
      "failed",
      "accepted",
    ]);
  });

  test("after the sixth failure it is failed, with the reason in plain words for the person", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    services.transport.answer(...Array.from({ length: 6 }, () => refusal({ code: "timeout" })));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await attemptDelivery(services, deliveryId);
      services.pass(900);
    }
    expect(await attemptDelivery(services, deliveryId)).toEqual({
      outcome: "failed",
      attempt: 6,
      code: "timeout",
    });
    const confirmation = await getConfirmation(services, user.id);
    expect(confirmation?.delivery).toMatchObject({
      status: "failed",
      attempt: 6,
      max_attempts: 6,
      next_attempt_at: null,
    });
    expect(confirmation?.delivery?.reason?.message).toMatch(/[a-z].*\.$/);
    expect(
      services.lines
        .filter((line) => line.level === "error")
        .map((line) => line.sentence)
        .join(),
    ).toContain("Email send error");
  });

  test("a permanent refusal is failed at the first attempt", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(
      refusal({ class: "permanent", code: "mailbox_unavailable", providerCode: "550 5.1.1" }),
    );
    expect(await attemptDelivery(services, deliveryId)).toEqual({
      outcome: "failed",
      attempt: 1,
      code: "mailbox_unavailable",
    });
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "failed" });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("a retry is made at its time, whoever asks earlier: fallback, watchdog and engine do not hurry each other", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal());
    await attemptDelivery(services, deliveryId);
    services.pass(2);
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({ outcome: "paced", waitSeconds: 58 });
    await deliverOverdue(services, 0);
    expect(services.transport.handed).toHaveLength(1);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "retrying",
      attemptCount: 1,
    });
    services.pass(57);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 2 });
  });

  test("who was kept waiting until the retry's time is believed, whatever our own clock says", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal());
    await attemptDelivery(services, deliveryId);
    const toldDueAt = await waitFor(deliveryId);
    expect(await attemptDelivery(services, deliveryId, { toldDueAt })).toMatchObject({ outcome: "sent" });
  });

  test("who was kept waiting is believed for the time he was told only: an attempt made meanwhile has moved it", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal(), refusal());
    await attemptDelivery(services, deliveryId);
    const toldDueAt = await waitFor(deliveryId);
    services.pass(60);
    // Two wait for the same time, and the watchdog comes first.
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({ outcome: "retry", attempt: 2 });
    expect(await attemptDelivery(services, deliveryId, { toldDueAt })).toMatchObject({
      outcome: "paced",
      waitSeconds: 120,
    });
    expect(services.transport.handed).toHaveLength(2);
    services.settings.sendsPerSecond = 1_000;
    expect(await attemptDelivery(services, deliveryId, { toldDueAt })).toMatchObject({ outcome: "paced" });
    expect(services.transport.handed).toHaveLength(2);
  });

  test("the provider's longer wait is kept", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal({ retryAfterSeconds: 600 }));
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({
      outcome: "retry",
      at: new Date(services.clock().getTime() + 600_000),
    });
  });

  test("a mail that is out is not sent again, however often it is asked for", async () => {
    const { deliveryId } = await registerUser(services, someone());
    await attemptDelivery(services, deliveryId);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "sent" });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("an unknown delivery is settled", async () => {
    expect(await attemptDelivery(services, randomUUID())).toEqual({ outcome: "settled", status: null });
  });
});

describe("the lease", () => {
  test("lets one of ten workers send; the others are told until when to wait", async () => {
    const { deliveryId } = await registerUser(services, someone());
    let letGo: (result: SendResult) => void = () => {};
    services.transport.answer(() => new Promise((resolve) => (letGo = resolve)));
    const first = attemptDelivery(services, deliveryId);
    await expect.poll(() => services.transport.handed.length).toBe(1);
    const others = await Promise.all(Array.from({ length: 9 }, () => attemptDelivery(services, deliveryId)));
    for (const other of others) expect(other).toMatchObject({ outcome: "busy", until: expect.any(Date) });
    letGo({ outcome: "accepted", providerMessageId: "one" });
    expect(await first).toEqual({ outcome: "sent", attempt: 1 });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("of a worker that died is taken over, its attempt kept as lost and not counted against the six", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    await abandonSending(deliveryId);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "sent", attempt: 1 });
    const attempts = await listAttempts(services.db, deliveryId);
    expect(attempts.map((row) => [row.number, row.outcome])).toEqual([
      [1, "lost"],
      [2, "accepted"],
    ]);
    expect((await getConfirmation(services, user.id))?.delivery).toMatchObject({
      attempt: 1,
      status: "sent",
    });
  });

  test("a worker that comes back late cannot undo what its successor did, and the ledger keeps one acceptance", async () => {
    const { deliveryId } = await registerUser(services, someone());
    let answerLate: (result: SendResult) => void = () => {};
    services.transport.answer(() => new Promise((resolve) => (answerLate = resolve)));
    const late = attemptDelivery(services, deliveryId);
    await expect.poll(() => services.transport.handed.length).toBe(1);
    await services.db
      .update(deliveries)
      .set({ leaseUntil: sql`now() - interval '1 second'` })
      .where(eq(deliveries.id, deliveryId));
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({ outcome: "sent" });
    answerLate({ outcome: "accepted", providerMessageId: "late" });
    await late;
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "sent",
      providerMessageId: "provider-2",
    });
    const accepted = (await listAttempts(services.db, deliveryId)).map((row) => row.outcome);
    expect(accepted).toEqual(["deduplicated", "accepted"]);
  });

  test("a delivery whose workers die again and again is given up and shown, not tried for ever", async () => {
    const { deliveryId } = await registerUser(services, someone());
    for (let death = 0; death < 11; death++) await abandonSending(deliveryId);
    await services.db.update(deliveries).set({ lostCount: 10 }).where(eq(deliveries.id, deliveryId));
    expect(await attemptDelivery(services, deliveryId)).toMatchObject({
      outcome: "failed",
      code: "worker_lost",
    });
    expect(services.transport.handed).toHaveLength(0);
  });
});

describe("work that is no longer wanted", () => {
  test("nothing is sent after the confirmation", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const delivery = await findDelivery(services.db, deliveryId);
    await confirmEmail(services, user.id, deriveCode(services.keys, delivery?.codeId ?? ""));
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "cancelled" });
    expect(services.transport.handed).toHaveLength(0);
  });

  test("nothing is sent after the claim has ended", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.pass(24 * 3600 + 1);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "cancelled" });
    expect(services.transport.handed).toHaveLength(0);
  });
});

describe("after the engine gave up on a run", () => {
  test("a delivery with attempts left is carried on by a new run", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal());
    await attemptDelivery(services, deliveryId);
    expect(await settleAfterRun(services, deliveryId)).toBe("continued");
    const events = await services.db
      .select()
      .from(outbox)
      .where(and(eq(outbox.name, "delivery/requested"), sql`${outbox.data}->>'deliveryId' = ${deliveryId}`));
    expect(events.map((event) => event.data)).toEqual([{ userId: user.id, deliveryId }]);
  });

  test("a delivery without attempts left is failed, once", async () => {
    const { deliveryId } = await registerUser(services, someone());
    await services.db
      .update(deliveries)
      .set({ attemptCount: 6, status: "retrying" })
      .where(eq(deliveries.id, deliveryId));
    expect(await settleAfterRun(services, deliveryId)).toBe("failed");
    expect(await settleAfterRun(services, deliveryId)).toBe("settled");
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "failed" });
  });

  test("a delivery that was sent stays sent", async () => {
    const { deliveryId } = await registerUser(services, someone());
    await attemptDelivery(services, deliveryId);
    expect(await settleAfterRun(services, deliveryId)).toBe("settled");
  });
});

describe("what the engine took and did not start", () => {
  test("is sent by the server process once it is overdue, not before, and the late engine finds it done", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.pass(2 + 29);
    await deliverOverdue(services, 30);
    expect(services.transport.handed.map((mail) => mail.idempotencyKey)).not.toContain(
      `delivery/${deliveryId}`,
    );
    services.pass(2);
    await deliverOverdue(services, 30);
    expect(services.transport.handed.map((mail) => mail.idempotencyKey)).toContain(`delivery/${deliveryId}`);
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "sent" });
  });

  test("is tried once, not again at once, when four processes look and the provider refuses", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.pass(60);
    services.transport.answer(...Array.from({ length: 400 }, () => refusal()));
    await Promise.all([1, 2, 3, 4].map(() => deliverOverdue(services, 30)));
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "retrying",
      attemptCount: 1,
    });
  });

  test("is sent once when four processes look at the same time", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.pass(60);
    await Promise.all([1, 2, 3, 4].map(() => deliverOverdue(services, 30)));
    const sent = services.transport.handed.filter((mail) => mail.idempotencyKey === `delivery/${deliveryId}`);
    expect(sent).toHaveLength(1);
  });
});

describe("a process that is told to end", () => {
  test("begins nothing new, and what it had begun is written down", async () => {
    const overdue = await Promise.all(
      Array.from({ length: 8 }, async () => (await registerUser(services, someone())).deliveryId),
    );
    // Only these are overdue, whatever the tests before have left.
    await services.db.update(deliveries).set({ nextAttemptAt: null }).where(ne(deliveries.status, "sent"));
    const dueAt = new Date(services.clock().getTime() - 60_000);
    await services.db.update(deliveries).set({ nextAttemptAt: dueAt }).where(inArray(deliveries.id, overdue));
    const answers: (() => void)[] = [];
    const hang = () =>
      new Promise<SendResult>((resolve) =>
        answers.push(() => resolve({ outcome: "accepted", providerMessageId: null })),
      );
    services.transport.answer(hang, hang, hang, hang);
    const round = deliverOverdue(services, 30);
    await expect.poll(() => services.transport.handed.length).toBe(4);
    services.sending.stop();
    let isIdle = false;
    const idle = services.sending.idle().then(() => (isIdle = true));
    const fromRequest = await attemptDelivery(services, overdue.at(-1) ?? "");
    expect(fromRequest).toMatchObject({ outcome: "paced" });
    expect(isIdle).toBe(false);
    for (const answer of answers) answer();
    await idle;
    expect(await round).toBe(4);
    const rows = await services.db.select().from(deliveries).where(inArray(deliveries.id, overdue));
    const states = rows.map((row) => `${row.status} ${row.attemptCount} ${row.leaseToken}`).sort();
    expect(states).toEqual([...Array(4).fill("queued 0 null"), ...Array(4).fill("sent 1 null")]);
    expect(services.transport.handed).toHaveLength(4);
  });
});

test("no address and no code is in any log line, event or attempt row (P5)", async () => {
  const { user, deliveryId } = await registerUser(services, someone());
  services.transport.answer(refusal());
  await attemptDelivery(services, deliveryId);
  services.pass(60);
  await attemptDelivery(services, deliveryId);
  const delivery = await findDelivery(services.db, deliveryId);
  const code = deriveCode(services.keys, delivery?.codeId ?? "");
  const written = JSON.stringify([
    services.lines,
    await listAttempts(services.db, deliveryId),
    await services.db.select().from(outbox),
  ]);
  expect(services.lines.length).toBeGreaterThan(2);
  expect(written).not.toContain(user.email);
  expect(written).not.toContain(`"${code}"`);
});
