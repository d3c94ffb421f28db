// "You already have an account", at most once a day, and nobody who registers with the address can tell (promise P6).
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { deliveryAttempts } from "@/db/schema";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { type AttemptResult, attemptDelivery } from "@/domain/email-delivery";
import { applyProviderEvent, type ProviderEvent } from "@/domain/provider-events";
import { type Registration, registerUser } from "@/domain/registration";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
let owned: string;
let unknown: string;
beforeEach(async () => {
  const { user, deliveryId } = await registerUser(services, someone());
  await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  owned = user.email;
  unknown = someone().email;
});

const registerWith = (email: string) => registerUser(services, { ...someone(), email });
const mailsTo = (email: string) => services.transport.handed.filter((mail) => mail.to === email).length;

/** What the holder of a claim sees, with what must differ taken out: ids, the address, and instants as seconds since. */
async function seenBy({ user, deliveryId }: Registration): Promise<string> {
  const state = await getConfirmation(services, user.id);
  const { queued_at } = state?.delivery ?? {};
  return JSON.stringify(state)
    .replaceAll(user.email, "<email>")
    .replaceAll(deliveryId, "<delivery>")
    .replaceAll(/"\d{4}-[\dT:.-]+Z"/g, (at) =>
      String((Date.parse(at.slice(1, -1)) - Date.parse(queued_at ?? "")) / 1000),
    );
}

/** Plays the same scene with the address that has an owner and with one that nobody has. Returns both. */
async function compare<Result>(scene: (email: string) => Promise<Result>): Promise<[Result, Result]> {
  const withOwner = await scene(owned);
  return [withOwner, await scene(unknown)];
}

const providerSays = (registration: Registration, type: ProviderEvent["type"]) =>
  applyProviderEvent(services, {
    id: `${type}-${registration.deliveryId}`,
    type,
    providerMessageId: "unknown to us",
    deliveryId: registration.deliveryId,
    isPermanent: true,
    text: null,
  });

describe("the owner of an address", () => {
  test("is told once a day, however often somebody registers with it", async () => {
    for (let i = 0; i < 4; i++) {
      const { deliveryId } = await registerWith(owned);
      expect(await attemptDelivery(services, deliveryId)).toMatchObject({ outcome: "sent" });
      services.pass(3600);
    }
    expect(mailsTo(owned)).toBe(1);
    services.pass(21 * 3600);
    await attemptDelivery(services, (await registerWith(owned)).deliveryId);
    expect(mailsTo(owned)).toBe(2);
  });

  test("is told once when three registrations are sent at the same instant", async () => {
    const claims = await Promise.all(Array.from({ length: 3 }, () => registerWith(owned)));
    services.transport.answer(async () => ({ outcome: "accepted", providerMessageId: "slow" }));
    const results = await Promise.all(claims.map((claim) => attemptDelivery(services, claim.deliveryId)));
    expect(results.map((result) => result.outcome)).toEqual(["sent", "sent", "sent"]);
    expect(mailsTo(owned)).toBe(1);
  });

  test("is told by the next mail when the first never got out", async () => {
    const first = await registerWith(owned);
    services.transport.answer(refusal());
    expect(await attemptDelivery(services, first.deliveryId)).toMatchObject({ outcome: "retry" });
    services.pass(1);
    const second = await registerWith(owned);
    expect(await attemptDelivery(services, second.deliveryId)).toMatchObject({ outcome: "sent" });
    // The first's retry then has nothing left to do.
    services.pass(60);
    expect(await attemptDelivery(services, first.deliveryId)).toMatchObject({ outcome: "sent" });
    expect(services.transport.handed.map((mail) => mail.idempotencyKey)).toEqual([
      `delivery/${first.deliveryId}`,
      `delivery/${second.deliveryId}`,
    ]);
  });

  test("operators see that a mail was withheld, and for which one", async () => {
    const told = await registerWith(owned);
    await attemptDelivery(services, told.deliveryId);
    const again = await registerWith(owned);
    await attemptDelivery(services, again.deliveryId);
    expect(await findDelivery(services.db, again.deliveryId)).toMatchObject({
      standsForId: told.deliveryId,
      providerMessageId: null,
    });
    const attempts = await listAttempts(services.db, again.deliveryId);
    expect(attempts.map((row) => row.outcome)).toEqual(["withheld"]);
    expect(services.lines.filter((line) => /successfully sent/.test(line.sentence))).toHaveLength(1);
    expect(services.lines.some((line) => /withheld/.test(line.sentence))).toBe(true);
  });
});

describe("whoever registers with an address sees the same, owner or not", () => {
  test("at the second registration of the day: queued, sent, and a code that runs", async () => {
    const [withOwner, without] = await compare(async (email) => {
      await attemptDelivery(services, (await registerWith(email)).deliveryId);
      const second = await registerWith(email);
      const queued = await seenBy(second);
      services.pass(2);
      const result = await attemptDelivery(services, second.deliveryId);
      const sent = await seenBy(second);
      services.pass(900);
      return { queued, result, sent, expired: await seenBy(second) };
    });
    expect(withOwner).toEqual(without);
    expect([mailsTo(owned), mailsTo(unknown)]).toEqual([1, 2]);
  });

  test("at a resend", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const claim = await registerWith(email);
      await attemptDelivery(services, claim.deliveryId);
      services.pass(60);
      const again = await requestAnotherCode(services, claim.user.id);
      const states = [await seenBy({ ...claim, ...again })];
      services.pass(2);
      await attemptDelivery(services, again.deliveryId);
      states.push(await seenBy({ ...claim, ...again }));
      return states;
    });
    expect(withOwner).toEqual(without);
  });

  test("when the provider is in trouble: the same retry, the same reason", async () => {
    const [withOwner, without] = await compare(async (email) => {
      await attemptDelivery(services, (await registerWith(email)).deliveryId);
      const second = await registerWith(email);
      services.transport.answer(refusal({ code: "timeout" }), refusal({ code: "server_busy" }));
      const states: (string | AttemptResult["outcome"])[] = [];
      for (let i = 0; i < 3; i++) {
        states.push((await attemptDelivery(services, second.deliveryId)).outcome, await seenBy(second));
        services.pass(120);
      }
      return states;
    });
    expect(withOwner).toEqual(without);
    expect(withOwner[0]).toBe("retry");
    expect(withOwner.at(-2)).toBe("sent");
  });

  test("when the mail before is just being handed over, and fails", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const [first, second] = [await registerWith(email), await registerWith(email)];
      let fail = () => {};
      const failing = async () => {
        await new Promise<void>((resolve) => {
          fail = resolve;
        });
        return refusal({ code: "connection_lost" });
      };
      services.transport.answer(failing);
      const one = attemptDelivery(services, first.deliveryId);
      await expect.poll(() => services.transport.handed.at(-1)?.to).toBe(email);
      if (email === unknown) services.transport.answer(refusal({ code: "connection_lost" }));
      const two = attemptDelivery(services, second.deliveryId);
      if (email === owned)
        await expect
          .poll(async () => (await findDelivery(services.db, second.deliveryId))?.status)
          .toBe("sending");
      fail();
      const outcomes = (await Promise.all([one, two])).map((result) => result.outcome);
      return [outcomes, await seenBy(first), await seenBy(second)];
    });
    expect(withOwner).toEqual(without);
    expect(withOwner[0]).toEqual(["retry", "retry"]);
  });

  test("when the mail is delivered afterwards, at once or after a while", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const first = await registerWith(email);
      await attemptDelivery(services, first.deliveryId);
      services.pass(1);
      const second = await registerWith(email);
      await attemptDelivery(services, second.deliveryId);
      services.pass(3);
      // The provider tells of the mail that it has; of a withheld one it knows nothing.
      await providerSays(first, "delivered");
      if (email === unknown) await providerSays(second, "delivered");
      const third = await registerWith(email);
      await attemptDelivery(services, third.deliveryId);
      const states = [await seenBy(second), await seenBy(third)];
      services.pass(4);
      if (email === unknown) await providerSays(third, "delivered");
      states.push(await seenBy(third));
      return states;
    });
    expect(withOwner).toEqual(without);
    expect(withOwner[0]).toContain('"status":"delivered"');
    expect(withOwner[1]).toContain('"status":"sent"');
    expect(withOwner[2]).toContain('"status":"delivered"');
  });

  test("when the mail comes back afterwards", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const first = await registerWith(email);
      await attemptDelivery(services, first.deliveryId);
      const second = await registerWith(email);
      await attemptDelivery(services, second.deliveryId);
      await providerSays(first, "bounced");
      if (email === unknown) await providerSays(second, "bounced");
      return seenBy(second);
    });
    expect(withOwner).toEqual(without);
    expect(withOwner).toContain('"status":"bounced"');
  });
});

test("the provider that has the notice is asked again under the notice's own key, so that it sends nothing", async () => {
  const told = await registerWith(owned);
  await attemptDelivery(services, told.deliveryId);
  await attemptDelivery(services, (await registerWith(owned)).deliveryId);
  expect(services.transport.handedAgain).toHaveLength(1);
  expect(services.transport.handedAgain[0]).toEqual(services.transport.handed[0]);
  // The key is kept for a day, and not relied on close to its end; a provider we no longer have is not asked.
  services.pass(23 * 3600);
  await attemptDelivery(services, (await registerWith(owned)).deliveryId);
  await services.db
    .update(deliveryAttempts)
    .set({ provider: "another" })
    .where(eq(deliveryAttempts.deliveryId, told.deliveryId));
  await attemptDelivery(services, (await registerWith(owned)).deliveryId);
  expect(services.transport.handedAgain).toHaveLength(1);
  expect(mailsTo(owned)).toBe(1);
});
