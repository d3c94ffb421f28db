import { eq, sql } from "drizzle-orm";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { beginAttempt, listAttempts } from "@/db/delivery-attempts";
import { isSuppressed } from "@/db/provider-events";
import { deliveries, outbox, users } from "@/db/schema";
import { explainDelivery } from "@/domain/delivery-facts";
import { getConfirmation } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DELIVERY_FAILED } from "@/domain/events";
import { applyProviderEvent, type ProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { closeLedger } from "@/domain/unfinished-deliveries";
import type { SendResult } from "@/emails/transport";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const database = useTestDatabase();
const services = useTestServices(database);

let counter = 0;
const event = (
  change: Partial<ProviderEvent> & Pick<ProviderEvent, "type" | "providerMessageId">,
): ProviderEvent => ({
  id: `event-${process.pid}-${++counter}`,
  deliveryId: null,
  isPermanent: true,
  text: null,
  ...change,
});

async function sentMail() {
  const registration = await registerUser(services, someone());
  services.transport.answer({ outcome: "accepted", providerMessageId: `m-${registration.deliveryId}` });
  await attemptDelivery(services, registration.deliveryId);
  return { ...registration, providerMessageId: `m-${registration.deliveryId}` };
}

describe("what the provider tells afterwards", () => {
  test("delivered is shown with its time", async () => {
    const { user, providerMessageId } = await sentMail();
    expect(await applyProviderEvent(services, event({ type: "delivered", providerMessageId }))).toBe(
      "applied",
    );
    expect((await getConfirmation(services, user.id))?.delivery).toMatchObject({
      status: "delivered",
      delivered_at: services.clock().toISOString(),
    });
  });

  test.each(["delivered", "delayed", "bounced", "complained", "suppressed"] as const)(
    "pages are told at once: %s",
    async (type) => {
      const { user, providerMessageId } = await sentMail();
      const told: string[] = [];
      const listening = postgres(database.url, { max: 1, onnotice: () => {} });
      await listening.listen("confirmation", (userId) => told.push(userId));
      await applyProviderEvent(services, event({ type, providerMessageId }));
      await expect.poll(() => told.includes(user.id), { timeout: 2_000, interval: 20 }).toBe(true);
      await listening.end();
    },
  );

  test("a hard bounce is shown with what to do, and the address is not mailed again", async () => {
    const { user, providerMessageId } = await sentMail();
    await applyProviderEvent(
      services,
      event({ type: "bounced", providerMessageId, text: "550 no such user" }),
    );
    const delivery = (await getConfirmation(services, user.id))?.delivery;
    expect(delivery).toMatchObject({
      status: "bounced",
      reason: { code: "bounced", message: expect.stringContaining("refused") },
    });
    expect(await isSuppressed(services.db, user.email)).toBe(true);
    const again = await registerUser(services, someone({ email: user.email }));
    const handed = services.transport.handed.length;
    expect(await attemptDelivery(services, again.deliveryId)).toMatchObject({
      outcome: "failed",
      code: "address_suppressed",
    });
    expect(services.transport.handed).toHaveLength(handed);
  });

  test("a soft bounce does not bar the address", async () => {
    const { user, providerMessageId } = await sentMail();
    await applyProviderEvent(services, event({ type: "bounced", providerMessageId, isPermanent: false }));
    expect(await isSuppressed(services.db, user.email)).toBe(false);
  });

  test("a mail that came back because the mailbox is full says so", async () => {
    const { user, deliveryId, providerMessageId } = await sentMail();
    const bounceReason = "mailbox_full_for_now" as const;
    await applyProviderEvent(
      services,
      event({ type: "bounced", providerMessageId, isPermanent: false, bounceReason }),
    );
    expect(await getConfirmation(services, user.id)).toMatchObject({
      delivery: { status: "bounced", reason: { code: bounceReason, message: "The mailbox is full." } },
    });
    const [told] = (await services.db.select().from(outbox)).filter(
      ({ name, data }) => name === DELIVERY_FAILED && data.deliveryId === deliveryId,
    );
    expect(told?.data).toMatchObject({ status: "bounced", reason: bounceReason });
    // For a delay there is one reason, whatever a provider adds.
    const other = await sentMail();
    await applyProviderEvent(
      services,
      event({ type: "delayed", providerMessageId: other.providerMessageId, bounceReason }),
    );
    expect(await findDelivery(services.db, other.deliveryId)).toMatchObject({ reasonCode: "delayed" });
  });

  test("ASVS 4.1.5: the same event twice changes nothing, also when both arrive at once", async () => {
    const { providerMessageId } = await sentMail();
    const once = event({ type: "delivered", providerMessageId });
    const outcomes = await Promise.all([1, 2, 3].map(() => applyProviderEvent(services, once)));
    expect(outcomes.sort()).toEqual(["applied", "repeated", "repeated"]);
  });

  test("events out of order do not turn a bounce into a delivery", async () => {
    const { deliveryId, providerMessageId } = await sentMail();
    await applyProviderEvent(services, event({ type: "bounced", providerMessageId }));
    await applyProviderEvent(services, event({ type: "delivered", providerMessageId }));
    await applyProviderEvent(services, event({ type: "accepted", providerMessageId }));
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "bounced" });
  });

  test("a mail whose acceptance was lost on the way is known as sent, and not sent again", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(refusal({ class: "ambiguous", code: "reply_lost" }));
    await attemptDelivery(services, deliveryId);
    await applyProviderEvent(
      services,
      event({ type: "accepted", providerMessageId: `x-${deliveryId}`, deliveryId }),
    );
    expect(await attemptDelivery(services, deliveryId)).toEqual({ outcome: "settled", status: "sent" });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("a mail whose worker died after the provider had it is known as sent, and its attempt has an end", async () => {
    const { deliveryId } = await registerUser(services, someone());
    let workerDies: (error: Error) => void = () => {};
    const dead = new Promise<never>((_, reject) => {
      workerDies = reject;
    });
    const handedOver = new Promise<void>((resolve) =>
      services.transport.answer(() => {
        resolve();
        return dead;
      }),
    );
    const attempt = attemptDelivery(services, deliveryId);
    await handedOver;
    const known = event({ type: "accepted", providerMessageId: `x-${deliveryId}`, deliveryId });
    await applyProviderEvent(services, known);
    workerDies(new Error("kill -9"));
    await expect(attempt).rejects.toThrow("kill -9");
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "sent", leaseToken: null });
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { outcome: "accepted", endedAt: expect.any(Date), providerMessageId: `x-${deliveryId}` },
    ]);
  });

  const lostReply = refusal({ class: "ambiguous", code: "reply_timed_out" });
  /** Answers an attempt so, after the provider has told that the mailbox has the mail. */
  const toldFirst = (deliveryId: string, result: SendResult) => async () => {
    const told = event({ type: "delivered", providerMessageId: `x-${deliveryId}`, deliveryId });
    await applyProviderEvent(services, told);
    return result;
  };

  test("an attempt that the provider had told of stays accepted when its reply is missed afterwards", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(toldFirst(deliveryId, lostReply));
    await attemptDelivery(services, deliveryId);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "delivered" });
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { outcome: "accepted", errorCode: "reply_timed_out", providerMessageId: `x-${deliveryId}` },
    ]);
  });

  test("an attempt that was refused while the provider told of the one before leaves that one accepted", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(lostReply, toldFirst(deliveryId, refusal({ code: "server_busy" })));
    await attemptDelivery(services, deliveryId);
    services.pass(60);
    await attemptDelivery(services, deliveryId);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "delivered" });
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { outcome: "accepted", errorCode: "reply_timed_out" },
      { outcome: "failed", errorCode: "server_busy" },
    ]);
  });

  test("a mail that waits for its next attempt when the provider tells of it has an accepted one", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.transport.answer(lostReply);
    await attemptDelivery(services, deliveryId);
    const told = event({ type: "delivered", providerMessageId: `x-${deliveryId}`, deliveryId });
    await applyProviderEvent(services, told);
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([{ outcome: "accepted" }]);
    const story = (await explainDelivery(services, deliveryId))?.story.lines.map(({ text }) => text);
    expect(story).toContainEqual(expect.stringContaining("took the mail, as it told afterwards"));
  });

  test("an attempt whose worker died after another one had sent the mail is lost in the ledger, not under way for ever", async () => {
    const { deliveryId, providerMessageId } = await sentMail();
    const orphan = { deliveryId, number: 2, provider: "scripted", startedAt: services.clock() };
    await beginAttempt(services.db, orphan);
    await services.db.update(deliveries).set({ attemptCount: 2 }).where(eq(deliveries.id, deliveryId));
    services.pass(29);
    await closeLedger(services);
    expect((await listAttempts(services.db, deliveryId))[1]).toMatchObject({ outcome: null });
    services.pass(2);
    await Promise.all([1, 2, 3].map(() => closeLedger(services)));
    expect(await listAttempts(services.db, deliveryId)).toMatchObject([
      { outcome: "accepted" },
      { outcome: "lost", endedAt: services.clock() },
    ]);
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({
      status: "sent",
      lostCount: 1,
      providerMessageId,
    });
  });

  test("a mail that was given up, and of which the provider tells late that it had it, is not shown as failed", async () => {
    const { deliveryId, user } = await registerUser(services, someone());
    const lost = refusal({ class: "ambiguous", code: "reply_lost" });
    services.transport.answer(...Array.from({ length: 6 }, () => lost));
    for (let attempt = 1; attempt <= 6; attempt++) {
      await attemptDelivery(services, deliveryId);
      services.pass(900);
    }
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "failed" });
    await applyProviderEvent(
      services,
      event({ type: "delivered", providerMessageId: `x-${deliveryId}`, deliveryId }),
    );
    expect((await getConfirmation(services, user.id))?.delivery).toMatchObject({
      status: "delivered",
      reason: null,
    });
    expect((await getConfirmation(services, user.id))?.code.expires_at).not.toBeNull();
  });

  test("what the provider itself gave up stays failed, whatever it tells late", async () => {
    const { deliveryId, providerMessageId } = await sentMail();
    await applyProviderEvent(services, event({ type: "failed", providerMessageId }));
    await applyProviderEvent(services, event({ type: "accepted", providerMessageId }));
    await applyProviderEvent(services, event({ type: "delivered", providerMessageId }));
    expect(await findDelivery(services.db, deliveryId)).toMatchObject({ status: "failed" });
  });

  test("a reply and the provider's event of the same mail at the same instant do not block each other", async () => {
    const mails = await Promise.all(Array.from({ length: 12 }, () => registerUser(services, someone())));
    const events: Promise<unknown>[] = [];
    for (const _ of mails)
      services.transport.answer(async ({ idempotencyKey }) => {
        const deliveryId = idempotencyKey.slice("delivery/".length);
        const providerMessageId = `x-${deliveryId}`;
        // Not awaited: it is under way while the reply is written down.
        events.push(applyProviderEvent(services, event({ type: "accepted", providerMessageId, deliveryId })));
        return { outcome: "accepted", providerMessageId };
      });
    await Promise.all(mails.map(({ deliveryId }) => attemptDelivery(services, deliveryId)));
    // One of two that wait for each other is told so by Postgres, and fails.
    expect(await Promise.all(events)).toEqual(mails.map(() => "applied"));
    for (const { deliveryId } of mails)
      expect(await listAttempts(services.db, deliveryId)).toMatchObject([{ outcome: "accepted" }]);
    const [row] = await services.db.execute<{ deadlocks: number }>(
      sql`select deadlocks::int from pg_stat_database where datname = current_database()`,
    );
    expect(row?.deadlocks).toBe(0);
  });

  test("a mail of another program on the same account is ignored, also when it bounced", async () => {
    for (const type of ["delivered", "bounced", "complained"] as const) {
      const foreign = event({ type, providerMessageId: "nobody", recipients: ["theirs@example.com"] });
      expect(await applyProviderEvent(services, foreign)).toBe("ignored");
    }
    expect(await isSuppressed(services.db, "theirs@example.com")).toBe(false);
  });

  test.each([
    ["a complaint", { type: "complained" }, true],
    ["a hard bounce", { type: "bounced" }, true],
    ["a soft bounce", { type: "bounced", isPermanent: false }, false],
    ["a delivery", { type: "delivered" }, false],
  ] as const)("%s about a mail whose claim was removed holds for its address", async (_, told, isBarred) => {
    const { deliveryId, providerMessageId, user } = await sentMail();
    await services.db.delete(users).where(eq(users.id, user.id));
    const late = event({
      ...told,
      providerMessageId,
      deliveryId,
      recipients: [user.email.toUpperCase(), "not an address"],
    });
    expect(await applyProviderEvent(services, late)).toBe(isBarred ? "applied" : "ignored");
    expect(await isSuppressed(services.db, user.email)).toBe(isBarred);
  });
});
