// When a server process sends what the engine did not start.
import { beforeEach, expect, test, vi } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { users } from "@/db/schema";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { createSending } from "@/domain/send-pace";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { startNothing, useStubEngine } from "./support/stub-engine";

const database = useTestDatabase();
const services = useTestServices(database);
const { useEngine } = useStubEngine(database);
beforeEach(() => services.db.delete(users));

const statusOf = async (id: string) => (await findDelivery(services.db, id))?.status;

test("with the engine well, half a minute after it was due", async () => {
  const { createWatchdogRound } = await useEngine(await startNothing());
  const round = createWatchdogRound(services);
  const { deliveryId } = await registerUser(services, someone());
  services.pass(31);
  await round();
  expect(await statusOf(deliveryId)).toBe("queued");
  services.pass(2);
  await round();
  expect(await statusOf(deliveryId)).toBe("sent");
});

test("with the engine away, when it is due: first tries and retries alike", async () => {
  const { createWatchdogRound, engineHealth } = await useEngine(await startNothing());
  const round = createWatchdogRound(services);
  for (const _ of [1, 2]) engineHealth(services).breaker.failed(services.clock());
  const { deliveryId } = await registerUser(services, someone());
  services.transport.answer(refusal({ code: "connection_refused" }));
  services.pass(1);
  await round();
  expect(await statusOf(deliveryId)).toBe("queued");
  services.pass(2);
  await round();
  expect(await statusOf(deliveryId)).toBe("retrying");
  services.pass(58);
  await round();
  expect(await statusOf(deliveryId)).toBe("retrying");
  services.pass(3);
  await round();
  expect(await statusOf(deliveryId)).toBe("sent");
});

test("so a mail that found no place inside its request (EMAIL_CONCURRENCY) leaves within seconds", async () => {
  vi.stubEnv("EMAIL_SYNC_BUDGET", "10");
  const { createWatchdogRound, engineHealth, dispatchDelivery } = await useEngine(await startNothing());
  const round = createWatchdogRound(services);
  for (const _ of [1, 2]) engineHealth(services).breaker.failed(services.clock());
  services.sending = createSending(1);
  services.settings.concurrency = 1;
  const [first, second] = [await registerUser(services, someone()), await registerUser(services, someone())];
  let answer: (() => void) | null = null;
  services.transport.answer(
    () =>
      new Promise((resolve) => {
        answer = () => resolve({ outcome: "accepted", providerMessageId: null });
      }),
  );
  const slow = attemptDelivery(services, first.deliveryId);
  await expect.poll(() => answer).not.toBeNull();
  const startedAt = performance.now() + 10_000;
  expect(await dispatchDelivery(services, second, { startedAt })).toMatchObject({
    queued: false,
    sent: false,
  });
  (answer as (() => void) | null)?.();
  await slow;
  services.pass(3);
  await round();
  expect(await statusOf(second.deliveryId)).toBe("sent");
});
