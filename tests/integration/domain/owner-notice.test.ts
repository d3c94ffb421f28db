// "You already have an account", at most once a day, and nobody who registers with the address can tell (promise P6).
import { beforeEach, describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { listAttempts } from "@/db/delivery-attempts";
import { changeAddress } from "@/domain/address-change";
import { createCircuitBreaker } from "@/domain/circuit-breaker";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { type AttemptResult, attemptDelivery } from "@/domain/email-delivery";
import { applyProviderEvent, type ProviderEvent } from "@/domain/provider-events";
import { type Registration, registerUser } from "@/domain/registration";
import type { SendResult } from "@/emails/transport";
import { codeOf } from "@/tests/support/codes";
import { createScriptedTransport, refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
let owned: string;
let unknown: string;
/** A domain of their own: how long mails to it take is nobody else's. */
const elsewhere = (name: string) =>
  someone().email.replace("@example.com", `.${name}.example`).replace(/^/, `${name}@`);
beforeEach(async () => {
  const { user, deliveryId } = await registerUser(services, { ...someone(), email: elsewhere("a") });
  await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  owned = user.email;
  unknown = elsewhere("b");
});

/** A machine may have much else to do. */
const PATIENT = { timeout: 20_000 };
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

/** The provider tells the same of every mail it took: also of a withheld one, which its sink has. */
const providerSays = (
  registration: Registration,
  type: ProviderEvent["type"],
  isPermanent = true,
  bounceReason: ProviderEvent["bounceReason"] = null,
) =>
  applyProviderEvent(services, {
    id: `${type}-${registration.deliveryId}`,
    type,
    providerMessageId: `unknown to us ${registration.deliveryId}`,
    deliveryId: registration.deliveryId,
    isPermanent,
    bounceReason,
    text: null,
  });

const stateOf = async ({ user }: Registration) =>
  (await getConfirmation(services, user.id))?.delivery ?? null;
const statusOf = async (registration: Registration) => (await stateOf(registration))?.status;

/** Milliseconds from sent to delivered, as whoever registered sees them. */
async function spanOf(registration: Registration): Promise<number> {
  const state = await stateOf(registration);
  return Date.parse(state?.delivered_at ?? "") - Date.parse(state?.sent_at ?? "");
}

/** Registers, and the mail goes out, or is withheld. */
async function registerAndSend(email: string): Promise<Registration> {
  const registration = await registerWith(email);
  expect(await attemptDelivery(services, registration.deliveryId)).toMatchObject({ outcome: "sent" });
  return registration;
}

/** An answer that the provider gives when `give` is called. */
function lateAnswer() {
  let give: (result: SendResult) => void = () => {};
  const result = new Promise<SendResult>((resolve) => {
    give = resolve;
  });
  services.transport.answer(() => result);
  return { give };
}

const accepted = (providerMessageId: string): SendResult => ({ outcome: "accepted", providerMessageId });

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

  test("is told once when the address is changed away and back while the mail is handed over", async () => {
    const registration = await registerWith(owned);
    const { give } = lateAnswer();
    const sending = attemptDelivery(services, registration.deliveryId);
    await expect.poll(() => mailsTo(owned), PATIENT).toBe(1);
    await changeAddress(services, registration.user.id, elsewhere("c"));
    const back = await changeAddress(services, registration.user.id, owned);
    // While the provider still takes it, and after it has.
    await attemptDelivery(services, back.deliveryId);
    give(accepted("slow"));
    await sending;
    expect(await findDelivery(services.db, registration.deliveryId)).toMatchObject({
      status: "cancelled",
      sentAt: null,
    });
    await registerAndSend(owned);
    expect(mailsTo(owned)).toBe(1);
  });

  test("is told once when nobody knows whether the first mail arrived", async () => {
    const first = await registerWith(owned);
    services.transport.answer(refusal({ class: "ambiguous", code: "reply_timed_out" }));
    expect(await attemptDelivery(services, first.deliveryId)).toMatchObject({ outcome: "retry" });
    await registerAndSend(owned);
    services.pass(60);
    // The first goes on under its own key, by which the provider knows it.
    expect(await attemptDelivery(services, first.deliveryId)).toMatchObject({ outcome: "sent" });
    expect(new Set(services.transport.handed.map((mail) => mail.idempotencyKey)).size).toBe(1);
  });

  test("is told by the next mail when the first came back", async () => {
    await providerSays(await registerAndSend(owned), "bounced", false);
    await registerAndSend(owned);
    expect(mailsTo(owned)).toBe(2);
  });

  test("operators see that a mail was withheld, and for which one", async () => {
    const told = await registerWith(owned);
    await attemptDelivery(services, told.deliveryId);
    const again = await registerWith(owned);
    await attemptDelivery(services, again.deliveryId);
    expect(await findDelivery(services.db, again.deliveryId)).toMatchObject({
      standsForId: told.deliveryId,
    });
    const attempts = await listAttempts(services.db, again.deliveryId);
    expect(attempts.map((row) => row.outcome)).toEqual(["withheld"]);
    expect(services.lines.filter((line) => /successfully sent/.test(line.sentence))).toHaveLength(1);
    expect(services.lines.some((line) => /withheld/.test(line.sentence))).toBe(true);
  });
});

describe("ASVS 6.3.8: whoever registers with an address sees the same, owner or not", () => {
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

  test("when the mail before is just being handed over: each ends by itself, the second first, too", async () => {
    for (const email of [owned, unknown]) {
      const [first, second] = [await registerWith(email), await registerWith(email)];
      const slow = lateAnswer();
      const sending = attemptDelivery(services, first.deliveryId);
      await expect.poll(() => services.transport.handed.at(-1)?.to, PATIENT).toBe(email);
      expect(await attemptDelivery(services, second.deliveryId)).toMatchObject({ outcome: "sent" });
      expect(await statusOf(first)).toBe("sending");
      slow.give(refusal({ code: "connection_lost" }));
      expect(await sending).toMatchObject({ outcome: "retry", code: "connection_lost" });
      expect([await statusOf(first), await statusOf(second)]).toEqual(["retrying", "sent"]);
    }
    // The owner is told by the first's retry, since nobody has been told.
    services.pass(60);
    const before = mailsTo(owned);
    const waiting = services.transport.handed.find((mail) => mail.to === owned)?.idempotencyKey ?? "";
    await attemptDelivery(services, waiting.replace("delivery/", ""));
    expect(mailsTo(owned)).toBe(before + 1);
  });

  test("all day long, also in the last hour before the next notice: the provider's refusals are theirs", async () => {
    await registerAndSend(owned);
    for (const seconds of [60, 23.5 * 3600, 1700]) {
      services.pass(seconds);
      const asked = services.transport.rehearsed.length;
      services.transport.answer(refusal({ code: "server_busy" }));
      const second = await registerWith(owned);
      expect(await attemptDelivery(services, second.deliveryId)).toMatchObject({
        outcome: "retry",
        code: "server_busy",
      });
      expect(services.transport.rehearsed).toHaveLength(asked + 1);
    }
    expect(mailsTo(owned)).toBe(1);
  });

  test("when another provider has taken over since: that one is asked", async () => {
    await registerAndSend(owned);
    const spare = createScriptedTransport("spare");
    services.failover = {
      transport: spare,
      breaker: createCircuitBreaker({ failuresToOpen: 5, openMs: 30_000 }, () => {}),
    };
    for (const email of [owned, unknown]) {
      services.transport.answer(refusal({ code: "unauthorized", class: "ours" }));
      expect(await attemptDelivery(services, (await registerWith(email)).deliveryId)).toMatchObject({
        outcome: "sent",
      });
    }
    expect([spare.rehearsed.length, spare.handed.length]).toEqual([1, 1]);
  });

  test("when the mail is delivered afterwards: as irregularly as real ones to that mailbox, not at the same time over again", async () => {
    const TOOK_MS = 7_000;
    const first = await registerAndSend(owned);
    services.pass(TOOK_MS / 1000);
    await providerSays(first, "delivered");
    expect(await spanOf(first)).toBe(TOOK_MS);
    const spans: number[] = [];
    for (let i = 0; i < 6; i++) {
      const again = await registerAndSend(owned);
      services.pass(0.2);
      await providerSays(again, "delivered");
      // The sink has it, and a mailbox that takes seven seconds cannot have.
      expect([await statusOf(again), (await stateOf(again))?.delivered_at]).toEqual(["sent", null]);
      services.pass(TOOK_MS / 1000 + 1);
      expect(await statusOf(again)).toBe("delivered");
      spans.push(await spanOf(again));
    }
    // Drawn from some 400 milliseconds: two of seven may meet by chance, not three pairs.
    expect(new Set([TOOK_MS, ...spans]).size).toBeGreaterThanOrEqual(5);
    for (const span of spans) expect(Math.abs(span - TOOK_MS)).toBeLessThan(TOOK_MS * 0.2);
  });

  test("when nothing is told of mails any more: none shows as delivered", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const first = await registerAndSend(email);
      services.pass(1);
      await providerSays(first, "delivered");
      const second = await registerAndSend(email);
      services.pass(3600);
      return statusOf(second);
    });
    expect([withOwner, without]).toEqual(["sent", "sent"]);
  });

  test("when a reader complains of one of two mails: the other one has nothing to do with it", async () => {
    const [withOwner, without] = await compare(async (email) => {
      const both = [await registerAndSend(email), await registerAndSend(email)] as const;
      services.pass(2);
      for (const one of both) await providerSays(one, "delivered");
      await providerSays(both[0], "complained");
      services.pass(60);
      return [await statusOf(both[0]), await statusOf(both[1])];
    });
    expect(withOwner).toEqual(without);
    expect(withOwner).toEqual(["complained", "delivered"]);
  });

  test("when the mailbox takes none: both come back, each in its own time", async () => {
    const first = await registerAndSend(owned);
    services.pass(1);
    const second = await registerAndSend(owned);
    services.pass(5);
    await providerSays(first, "bounced");
    expect([await statusOf(first), await statusOf(second)]).toEqual(["bounced", "sent"]);
    expect((await stateOf(second))?.reason).toBeNull();
    services.pass(8);
    expect(await stateOf(second)).toMatchObject({ status: "bounced", reason: { code: "bounced" } });
  });

  test("when the mailbox is full: for the same reason", async () => {
    const first = await registerAndSend(owned);
    const second = await registerAndSend(owned);
    services.pass(5);
    await providerSays(first, "bounced", false, "mailbox_full_for_now");
    await providerSays(second, "delivered");
    services.pass(30);
    for (const each of [first, second])
      expect(await stateOf(each)).toMatchObject({
        status: "bounced",
        reason: { code: "mailbox_full_for_now" },
      });
  });

  test("when the mailbox keeps mails waiting: the other one waits too, and arrives when it does", async () => {
    const first = await registerAndSend(owned);
    services.pass(30);
    await providerSays(first, "delayed");
    const second = await registerAndSend(owned);
    services.pass(31);
    await providerSays(second, "delivered");
    expect(await stateOf(second)).toMatchObject({ status: "sent", reason: { code: "delayed" } });
    services.pass(300);
    await providerSays(first, "delivered");
    services.pass(400);
    expect([await statusOf(first), await statusOf(second)]).toEqual(["delivered", "delivered"]);
  });
});

test("what the provider gets instead is for nobody: another key, and nothing of the owner's or the claim's", async () => {
  const told = await registerAndSend(owned);
  const again = await registerAndSend(owned);
  const [rehearsed] = services.transport.rehearsed;
  expect(rehearsed?.idempotencyKey).toBe(`delivery/${again.deliveryId}/withheld`);
  expect(services.transport.handed.map((mail) => mail.idempotencyKey)).toContain(
    `delivery/${told.deliveryId}`,
  );
  expect(`${rehearsed?.html} ${rehearsed?.text}`).not.toMatch(/not-me|confirm/);
});

test("a withheld mail whose worker dies has told nobody, whatever the provider then says of it", async () => {
  await registerAndSend(owned);
  const again = await registerWith(owned);
  services.transport.answer(async () => {
    await providerSays(again, "accepted");
    return accepted("taken");
  });
  await attemptDelivery(services, again.deliveryId);
  expect((await listAttempts(services.db, again.deliveryId)).map((row) => row.outcome)).toEqual(["withheld"]);
  const dead = await registerWith(owned);
  services.transport.answer(async () => {
    await providerSays(dead, "accepted");
    throw new Error("the worker dies");
  });
  await expect(attemptDelivery(services, dead.deliveryId)).rejects.toThrow("the worker dies");
  expect((await listAttempts(services.db, dead.deliveryId)).map((row) => row.outcome)).toEqual(["withheld"]);
  services.pass(24 * 3600);
  await registerAndSend(owned);
  expect(mailsTo(owned)).toBe(2);
});
