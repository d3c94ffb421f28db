import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { isSuppressed } from "@/db/provider-events";
import { getConfirmation } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { applyProviderEvent, type ProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { createTestDatabase } from "@/tests/support/database";
import { createTestServices, refusal, someone, type TestServices } from "@/tests/support/services";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let services: TestServices;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  services = createTestServices(database.url);
  return () => services.close();
});

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

  test("the same event twice changes nothing, also when both arrive at once", async () => {
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

  test("an email nobody knows is unknown, so that the provider tells again later", async () => {
    expect(
      await applyProviderEvent(services, event({ type: "delivered", providerMessageId: "nobody" })),
    ).toBe("unknown");
  });
});
