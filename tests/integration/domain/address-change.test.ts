// A mistyped address, mended before it was confirmed.
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { findOutboxRow } from "@/db/outbox";
import { outbox } from "@/db/schema";
import { ADDRESS_CHANGES_PER_CLAIM, changeAddress } from "@/domain/address-change";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { registerUser } from "@/domain/registration";
import { replayDelivery } from "@/domain/replay";
import { codeOf } from "@/tests/support/codes";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

/** A confirmed account's address. */
async function ownedAddress(): Promise<string> {
  const { user, deliveryId } = await registerUser(services, someone());
  await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  return user.email;
}

describe("changing the address of a claim", () => {
  test("calls the old mail off and sends a new code to the new address, in one transaction with its event", async () => {
    const first = await registerUser(services, someone());
    const { email } = someone();
    const second = await changeAddress(services, first.user.id, email);
    expect(await findDelivery(services.db, first.deliveryId)).toMatchObject({
      status: "cancelled",
      reasonCode: "superseded",
    });
    expect(await findDelivery(services.db, second.deliveryId)).toMatchObject({
      status: "queued",
      kind: "address_changed",
      recipient: email,
      userId: first.user.id,
    });
    expect(await findOutboxRow(services.db, second.outboxId)).toMatchObject({
      name: "delivery/requested",
      data: { userId: first.user.id, deliveryId: second.deliveryId },
    });
    expect(await getConfirmation(services, first.user.id)).toMatchObject({ email, email_changes_left: 2 });
    expect(await attemptDelivery(services, first.deliveryId)).toMatchObject({ status: "cancelled" });
    await attemptDelivery(services, second.deliveryId);
    expect(services.transport.handed.map((mail) => mail.to)).toEqual([email]);
    const { user } = await confirmEmail(services, first.user.id, await codeOf(services, second.deliveryId));
    expect(user).toMatchObject({ email, email_confirmed: true });
  });

  test("tells the new address why a code comes to it, names no other one, and tells the old one nothing", async () => {
    const first = await registerUser(services, someone());
    await attemptDelivery(services, first.deliveryId);
    const { email } = someone();
    const moved = await changeAddress(services, first.user.id, email);
    services.transport.answer(refusal());
    await attemptDelivery(services, moved.deliveryId);
    services.pass(60);
    await attemptDelivery(services, moved.deliveryId);
    const [before, ...after] = services.transport.handed;
    expect([before?.to, ...after.map(({ to }) => to)]).toEqual([first.user.email, email, email]);
    expect(after[0]).toEqual(after[1]);
    expect(after[0]?.subject).toMatch(/^\d{6} is your new Latchkey code$/);
    expect(after[0]?.text).toContain("was changed to this one");
    expect(`${after[0]?.html}${after[0]?.text}`).not.toContain(first.user.email);
    services.pass(3600);
    const again = await requestAnotherCode(services, first.user.id);
    expect(await findDelivery(services.db, again.deliveryId)).toMatchObject({ kind: "confirmation" });
  });

  test("tells an owner of the new address what every registration tells them, and not that one moved", async () => {
    const owned = await ownedAddress();
    const { user } = await registerUser(services, someone());
    const moved = await changeAddress(services, user.id, owned);
    expect(await findDelivery(services.db, moved.deliveryId)).toMatchObject({ kind: "existing_account" });
  });

  test("is told again by the mail that an operator sends in the place of one that failed", async () => {
    const { user } = await registerUser(services, someone());
    services.pass(1);
    const moved = await changeAddress(services, user.id, someone().email);
    services.transport.answer(refusal({ class: "permanent", code: "mail_refused" }));
    await attemptDelivery(services, moved.deliveryId);
    const replay = await replayDelivery(services, moved.deliveryId);
    if (replay.outcome !== "replayed") throw new Error(replay.code);
    expect(await findDelivery(services.db, replay.queued.deliveryId)).toMatchObject({
      kind: "address_changed",
      status: "queued",
    });
  });

  test("makes the codes that went to the old address worthless: they prove another mailbox", async () => {
    for (const isSent of [true, false]) {
      const first = await registerUser(services, someone());
      if (isSent) await attemptDelivery(services, first.deliveryId);
      await changeAddress(services, first.user.id, someone().email);
      await expect(
        confirmEmail(services, first.user.id, await codeOf(services, first.deliveryId)),
      ).rejects.toMatchObject({ code: "wrong_code" });
    }
  });

  test("leaves a code worthless whose mail was just being handed over", async () => {
    const first = await registerUser(services, someone());
    services.transport.answer(async () => {
      await changeAddress(services, first.user.id, someone().email);
      return { outcome: "accepted", providerMessageId: "late" };
    });
    await attemptDelivery(services, first.deliveryId);
    await expect(
      confirmEmail(services, first.user.id, await codeOf(services, first.deliveryId)),
    ).rejects.toMatchObject({ code: "wrong_code" });
  });

  test("works three times, then says so", async () => {
    const { user } = await registerUser(services, someone());
    for (let i = 0; i < ADDRESS_CHANGES_PER_CLAIM; i++)
      await changeAddress(services, user.id, someone().email);
    await expect(changeAddress(services, user.id, someone().email)).rejects.toMatchObject({
      code: "change_limit",
      details: { nextAllowedAt: new Date(services.clock().getTime() + 24 * 3600 * 1000) },
    });
    expect(await getConfirmation(services, user.id)).toMatchObject({ email_changes_left: 0 });
  });

  test("works three times also when ten come at the same instant", async () => {
    const { user } = await registerUser(services, someone());
    const before = await services.db.$count(outbox);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => changeAddress(services, user.id, someone().email)),
    );
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(3);
    expect(await services.db.$count(outbox)).toBe(before + 3);
  });

  test("to the present one is refused with a word why, and costs no change", async () => {
    const { user } = await registerUser(services, someone());
    await expect(changeAddress(services, user.id, user.email)).rejects.toMatchObject({
      code: "invalid_input",
      details: { fields: [{ field: "email", code: "same_address" }] },
    });
    expect(await getConfirmation(services, user.id)).toMatchObject({ email_changes_left: 3 });
  });

  test("keeps the count of wrong codes", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(services, deliveryId);
    const wrong = code === "000000" ? "000001" : "000000";
    for (let i = 0; i < 3; i++) await confirmEmail(services, user.id, wrong).catch(() => {});
    const { deliveryId: next } = await changeAddress(services, user.id, someone().email);
    const [before, after] = [3, 4];
    const { users } = await import("@/db/schema");
    const countOf = async () =>
      (await services.db.select().from(users)).find((row) => row.id === user.id)?.wrongCodeCount;
    expect(await countOf()).toBe(before);
    const otherWrong = (await codeOf(services, next)) === wrong ? "000002" : wrong;
    await confirmEmail(services, user.id, otherWrong).catch(() => {});
    expect(await countOf()).toBe(after);
  });

  test("is refused once the address is confirmed, and once the claim is over", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    await expect(changeAddress(services, user.id, someone().email)).rejects.toMatchObject({
      code: "already_confirmed",
    });
    const late = await registerUser(services, someone());
    services.pass(24 * 3600);
    await expect(changeAddress(services, late.user.id, someone().email)).rejects.toMatchObject({
      code: "invalid_token",
    });
  });

  test("starts the wait for another code anew", async () => {
    const { user } = await registerUser(services, someone());
    services.pass(60);
    await changeAddress(services, user.id, someone().email);
    await expect(requestAnotherCode(services, user.id)).rejects.toMatchObject({ code: "resend_cooldown" });
    services.pass(120);
    await requestAnotherCode(services, user.id);
  });

  test("frees the old address's claim, and takes one of the three on the new one", async () => {
    const { email } = someone();
    const there = [];
    for (let i = 0; i < 3; i++) {
      there.push(await registerUser(services, { ...someone(), email }));
      services.pass(1);
    }
    const mover = await registerUser(services, someone());
    await changeAddress(services, mover.user.id, email);
    const open = await Promise.all(
      [...there, mover].map(async ({ user }) => (await getConfirmation(services, user.id)) !== null),
    );
    expect(open).toEqual([false, true, true, true]);
  });

  test("is limited like a registration with the new address", async () => {
    services.settings.rateLimits = true;
    const { email } = someone();
    const network = "203.0.113.200";
    for (let i = 0; i < 3; i++) await registerUser(services, { ...someone(), email, network });
    const { user } = await registerUser(services, { ...someone(), network });
    await expect(changeAddress(services, user.id, email)).rejects.toMatchObject({ code: "address_limit" });
    expect(await getConfirmation(services, user.id)).toMatchObject({
      email: user.email,
      email_changes_left: 3,
    });
  });
});

describe("no oracle", () => {
  test("an address that has an owner gets the same answer, and a claim that cannot be confirmed", async () => {
    const owned = await ownedAddress();
    const unknown = someone().email;
    const states = [];
    for (const email of [owned, unknown]) {
      const { user } = await registerUser(services, someone());
      services.pass(1);
      const { deliveryId } = await changeAddress(services, user.id, email);
      const queued = await getConfirmation(services, user.id);
      await attemptDelivery(services, deliveryId);
      const sent = await getConfirmation(services, user.id);
      const hide = (state: typeof sent) =>
        JSON.stringify(state)
          .replaceAll(/"[\dT:.-]+Z"/g, (at) =>
            String(Date.parse(at.slice(1, -1)) - services.clock().getTime()),
          )
          .replaceAll(email, "<email>")
          .replaceAll(deliveryId, "<delivery>");
      states.push([hide(queued), hide(sent)]);
      if (email === owned)
        await expect(
          confirmEmail(services, user.id, await codeOf(services, deliveryId)),
        ).rejects.toMatchObject({ code: "wrong_code", details: { triesLeft: 4 } });
    }
    expect(states[0]).toEqual(states[1]);
    expect(services.transport.handed.map((mail) => mail.to)).toEqual([owned, unknown]);
    expect(services.transport.handed[0]?.subject).toMatch(/already have/i);
  });

  test("away from an owned address the claim can be confirmed like any other", async () => {
    const decoy = await registerUser(services, { ...someone(), email: await ownedAddress() });
    const { email } = someone();
    const { deliveryId } = await changeAddress(services, decoy.user.id, email);
    const { user } = await confirmEmail(services, decoy.user.id, await codeOf(services, deliveryId));
    expect(user.email).toBe(email);
  });
});

describe("an address that cannot get mail", () => {
  test("is refused by registering and by changing, with the same words for every name at its domain", async () => {
    services.mailDomains = { takesMail: async (domain) => domain !== "no-mail.com" };
    const { user } = await registerUser(services, someone());
    const refusal = {
      code: "invalid_input",
      details: { fields: [{ field: "email", code: "no_mail_server" }] },
    };
    await expect(registerUser(services, { ...someone(), email: "ada@no-mail.com" })).rejects.toMatchObject(
      refusal,
    );
    await expect(changeAddress(services, user.id, "ada@no-mail.com")).rejects.toMatchObject(refusal);
  });

  test("of a throw-away service is refused only when that is asked for, also under a subdomain", async () => {
    await registerUser(services, { ...someone(), email: "ada@mailinator.com" });
    services.settings.blockDisposable = true;
    for (const email of ["ada@mailinator.com", "ada@inbox.mailinator.com"])
      await expect(registerUser(services, { ...someone(), email })).rejects.toMatchObject({
        code: "invalid_input",
        details: { fields: [{ field: "email", code: "disposable_email" }] },
      });
    await registerUser(services, { ...someone(), email: "ada@gmail.com" });
  });
});
