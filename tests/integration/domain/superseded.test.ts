// What happens to a mail between its lease and the instant at which it may leave (EMAIL_RATE_LIMIT).
import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { deliveries, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { deriveCode } from "@/domain/confirmation-code";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

/** Happens in the long wait, which comes first; the last question comes after it, and then only the mail's exact instant. */
let whileItWaits: (() => Promise<unknown>) | null = null;
vi.mock("node:timers/promises", () => ({
  setTimeout: async () => {
    const happen = whileItWaits;
    whileItWaits = null;
    await happen?.();
  },
}));

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  services.settings.sendsPerSecond = 1_000;
});

type Mail = { deliveryId: string; userId: string };

const changes: [string, (mail: Mail) => Promise<unknown>, object, string][] = [
  [
    "the person confirmed",
    async ({ deliveryId, userId }) => {
      const codeId = (await findDelivery(services.db, deliveryId))?.codeId ?? "";
      await confirmEmail(services, userId, deriveCode(services.keys, codeId));
    },
    { outcome: "settled", status: "cancelled" },
    "confirmed",
  ],
  [
    "the person asked for another code",
    async ({ userId }) => {
      services.pass(61);
      await requestAnotherCode(services, userId);
    },
    { outcome: "settled", status: "cancelled" },
    "superseded",
  ],
  [
    "the address was changed",
    ({ userId }) => changeAddress(services, userId, someone().email),
    { outcome: "settled", status: "cancelled" },
    "superseded",
  ],
  [
    "the claim ended",
    ({ userId }) =>
      services.db.update(users).set({ claimExpiresAt: services.clock() }).where(eq(users.id, userId)),
    { outcome: "settled", status: "cancelled" },
    "claim_expired",
  ],
  [
    "another worker took it over",
    ({ deliveryId }) =>
      services.db.update(deliveries).set({ leaseToken: randomUUID() }).where(eq(deliveries.id, deliveryId)),
    { outcome: "busy" },
    "taken_over",
  ],
];

test.each(changes)("a mail is not handed over when %s while it waited", async (_, change, outcome, why) => {
  const { deliveryId, user } = await registerUser(services, someone());
  whileItWaits = () => change({ deliveryId, userId: user.id });
  expect(await attemptDelivery(services, deliveryId)).toMatchObject(outcome);
  expect(services.transport.handed).toEqual([]);
  expect(await listAttempts(services.db, deliveryId)).toMatchObject([
    { outcome: "withheld", endedAt: expect.any(Date), errorCode: why },
  ]);
});

test("a mail that waited is handed over under a lease that lasts for the whole conversation", async () => {
  const { deliveryId } = await registerUser(services, someone());
  const leaseUntil = async () => (await findDelivery(services.db, deliveryId))?.leaseUntil?.getTime() ?? 0;
  whileItWaits = () =>
    services.db.update(deliveries).set({ leaseUntil: new Date() }).where(eq(deliveries.id, deliveryId));
  let left = 0;
  services.transport.answer(async () => {
    left = (await leaseUntil()) - Date.now();
    return { outcome: "accepted", providerMessageId: null };
  });
  expect(await attemptDelivery(services, deliveryId)).toMatchObject({ outcome: "sent" });
  expect(left).toBeGreaterThan(services.settings.emailTimeoutMs);
});
