import { and, eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { endLostAttempt } from "@/db/delivery-attempts";
import { confirmationCodes, outbox, users } from "@/db/schema";
import { addSeconds } from "@/domain/clock";
import { deriveCode } from "@/domain/confirmation-code";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DomainError } from "@/domain/errors";
import { registerUser } from "@/domain/registration";
import { cancelDelivery } from "@/domain/replay";
import { authenticateAccessToken } from "@/domain/tokens";
import type { SendResult } from "@/emails/transport";
import { refusal, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function codeOf(deliveryId: string): Promise<string> {
  const delivery = await findDelivery(services.db, deliveryId);
  return deriveCode(services.keys, delivery?.codeId ?? "");
}

const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");
const codeOfRefusal = (error: unknown) => (error instanceof DomainError ? error.code : String(error));

describe("confirming", () => {
  test("ASVS 7.2.4: opens a new full session, ends the claim's, and announces it", async () => {
    const { user, deliveryId, session } = await registerUser(services, someone());
    const { sessionId } = session.identity;
    const confirmed = await confirmEmail(services, user.id, await codeOf(deliveryId), { sessionId });
    expect(confirmed.user.email_confirmed).toBe(true);
    expect(await authenticateAccessToken(services, confirmed.session.tokens.access_token)).toMatchObject({
      userId: user.id,
      scope: "full",
    });
    expect(confirmed.session.identity.sessionId).not.toBe(session.identity.sessionId);
    await expect(authenticateAccessToken(services, session.tokens.access_token)).rejects.toMatchObject({
      code: "invalid_token",
    });
    const events = await services.db
      .select()
      .from(outbox)
      .where(and(eq(outbox.name, "user/confirmed"), sql`${outbox.data}->>'userId' = ${user.id}`));
    expect(events).toHaveLength(1);
  });

  test("takes the code as people paste it", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(deliveryId);
    await expect(
      confirmEmail(services, user.id, ` ${code.slice(0, 3)} ${code.slice(3)} `),
    ).resolves.toBeDefined();
  });

  test("a second time says that it is confirmed already", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(deliveryId);
    await confirmEmail(services, user.id, code);
    await expect(confirmEmail(services, user.id, code)).rejects.toMatchObject({ code: "already_confirmed" });
  });

  test("ASVS 6.5.1, 2.3.4: twenty times in parallel with the right code confirms once", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(deliveryId);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => confirmEmail(services, user.id, code)),
    );
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });

  test("something that is no code at all costs no try", async () => {
    const { user } = await registerUser(services, someone());
    await expect(confirmEmail(services, user.id, "12345")).rejects.toMatchObject({ code: "invalid_input" });
    expect((await getConfirmation(services, user.id))?.code.tries_left).toBe(5);
  });
});

describe("ASVS 6.6.3: wrong codes", () => {
  test("count down from five, then the right one is refused too", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(deliveryId);
    for (const triesLeft of [4, 3, 2, 1, 0])
      await expect(confirmEmail(services, user.id, otherThan(code))).rejects.toMatchObject({
        code: "wrong_code",
        details: { triesLeft },
      });
    await expect(confirmEmail(services, user.id, code)).rejects.toMatchObject({ code: "too_many_tries" });
  });

  test("of a hundred guesses in parallel exactly five are judged", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const wrong = otherThan(await codeOf(deliveryId));
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => confirmEmail(services, user.id, wrong)),
    );
    const codes = results.map((result) =>
      result.status === "rejected" ? codeOfRefusal(result.reason) : "confirmed",
    );
    expect(codes.filter((code) => code === "wrong_code")).toHaveLength(5);
    expect(codes.filter((code) => code === "too_many_tries")).toHaveLength(95);
    const [row] = await services.db.select().from(users).where(eq(users.id, user.id));
    expect(row?.wrongCodeCount).toBe(5);
  });

  test("after twenty over the whole claim each further try waits, longer each time, whatever new code there is", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    const code = await codeOf(deliveryId);
    const spent = { wrongCodeCount: 19, wrongCodeAt: services.clock() };
    await services.db.update(users).set(spent).where(eq(users.id, user.id));
    for (const waitSeconds of [30, 60, 120]) {
      await expect(confirmEmail(services, user.id, otherThan(code))).rejects.toMatchObject({
        code: "wrong_code",
      });
      const nextAllowedAt = addSeconds(services.clock(), waitSeconds);
      for (const typed of [code, otherThan(code)])
        await expect(confirmEmail(services, user.id, typed)).rejects.toMatchObject({
          code: "too_many_tries",
          details: { nextAllowedAt },
        });
      expect((await getConfirmation(services, user.id))?.code).toMatchObject({
        next_try_at: nextAllowedAt.toISOString(),
      });
      services.pass(waitSeconds);
      expect((await getConfirmation(services, user.id))?.code).toMatchObject({
        tries_left: 1,
        next_try_at: null,
      });
    }
    const again = await requestAnotherCode(services, user.id);
    await expect(confirmEmail(services, user.id, await codeOf(again.deliveryId))).resolves.toBeDefined();
  });
});

describe("ASVS 6.4.1: the code's life", () => {
  test("ends 15 minutes after the provider's acceptance", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    await attemptDelivery(services, deliveryId);
    services.pass(900);
    await expect(confirmEmail(services, user.id, await codeOf(deliveryId))).rejects.toMatchObject({
      code: "code_expired",
    });
  });

  test("does not run while the mail is still on its way", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    services.pass(1800);
    await expect(confirmEmail(services, user.id, await codeOf(deliveryId))).resolves.toBeDefined();
  });

  test("never outlives the claim", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    services.pass(24 * 3600 - 60);
    await attemptDelivery(services, deliveryId);
    const [code] = await services.db
      .select()
      .from(confirmationCodes)
      .where(eq(confirmationCodes.userId, user.id));
    expect(code?.expiresAt?.getTime()).toBe(services.clock().getTime() + 60_000);
  });
});

describe("asking for another code", () => {
  test("is refused for 60 s and says until when", async () => {
    const { user } = await registerUser(services, someone());
    services.pass(59);
    await expect(requestAnotherCode(services, user.id)).rejects.toMatchObject({
      code: "resend_cooldown",
      details: { nextAllowedAt: new Date(services.clock().getTime() + 1000) },
    });
    expect((await getConfirmation(services, user.id))?.resend).toMatchObject({
      allowed: false,
      reason: "cooldown",
    });
  });

  test("makes a new code; the one before still works, the one before that does not", async () => {
    const first = await registerUser(services, someone());
    await attemptDelivery(services, first.deliveryId);
    services.pass(60);
    const second = await requestAnotherCode(services, first.user.id);
    await attemptDelivery(services, second.deliveryId);
    services.pass(120);
    const third = await requestAnotherCode(services, first.user.id);
    await attemptDelivery(services, third.deliveryId);
    const codes = await Promise.all([first, second, third].map(({ deliveryId }) => codeOf(deliveryId)));
    await expect(confirmEmail(services, first.user.id, codes[0] ?? "")).rejects.toMatchObject({
      code: "wrong_code",
    });
    await expect(confirmEmail(services, first.user.id, codes[1] ?? "")).resolves.toBeDefined();
  });

  describe("leaves the code of the last mail that a person may have", () => {
    type Way = [string, (deliveryId: string) => Promise<unknown>];
    const never: Way[] = [
      ["waited", async () => {}],
      ["was refused", (id) => attemptDelivery(refusing(outage), id)],
      ["was refused for good", (id) => attemptDelivery(refusing(noMailbox), id)],
      ["was called off by an operator", (id) => cancelDelivery(services, id)],
    ];
    const perhaps: Way[] = [
      ["was sent", (id) => attemptDelivery(services, id)],
      ["may have been taken", (id) => attemptDelivery(refusing(silence), id)],
      ["is being handed over", begin],
      ["had its worker killed", (id) => begin(id).then(() => killWorker(id))],
    ];
    const outage = refusal({ code: "connection_refused" });
    const noMailbox = refusal({ class: "permanent", code: "mailbox_unavailable" });
    const silence = refusal({ class: "ambiguous", code: "reply_timed_out" });

    function refusing(result: SendResult) {
      services.transport.answer(result);
      return services;
    }

    /** A worker begins, and goes on for ever. */
    async function begin(id: string) {
      await new Promise<void>((resolve) => {
        services.transport.answer(() => {
          resolve();
          return new Promise(() => {});
        });
        void attemptDelivery(services, id);
      });
    }

    /** What another worker finds once the lease is over, or a resend has taken the mail from it. */
    const killWorker = (deliveryId: string) =>
      endLostAttempt(services.db, deliveryId, services.clock()).then((wasLost) => expect(wasLost).toBe(true));

    async function askAgain(userId: string) {
      services.pass(240);
      return (await requestAnotherCode(services, userId)).deliveryId;
    }

    test.each(never)(
      "valid after two more, the first of which %s, while the second waits",
      async (_, end) => {
        const { user, deliveryId } = await registerUser(services, someone());
        await attemptDelivery(services, deliveryId);
        const second = await askAgain(user.id);
        await end(second);
        const third = await askAgain(user.id);
        // Nobody has the code in the middle.
        await expect(confirmEmail(services, user.id, await codeOf(second))).rejects.toMatchObject({
          code: "wrong_code",
        });
        const state = await getConfirmation(services, user.id);
        expect(state).toMatchObject({ code: { tries_left: 4, expires_at: null }, delivery: { id: third } });
        await expect(confirmEmail(services, user.id, await codeOf(deliveryId))).resolves.toBeDefined();
      },
    );

    test.each(perhaps)(
      "of three, the middle one of which %s, the first opens nothing more",
      async (_, end) => {
        const { user, deliveryId } = await registerUser(services, someone());
        await attemptDelivery(services, deliveryId);
        const second = await askAgain(user.id);
        await end(second);
        const third = await askAgain(user.id);
        await attemptDelivery(services, third);
        await expect(confirmEmail(services, user.id, await codeOf(deliveryId))).rejects.toMatchObject({
          code: "wrong_code",
        });
        await expect(confirmEmail(services, user.id, await codeOf(second))).resolves.toBeDefined();
      },
    );

    test("and looks the same to whoever registers with an address that has an owner (P6)", async () => {
      const owner = await registerUser(services, someone());
      await confirmEmail(services, owner.user.id, await codeOf(owner.deliveryId));
      const shown: unknown[] = [];
      for (const email of [someone().email, owner.user.email]) {
        const { user, deliveryId } = await registerUser(services, someone({ email }));
        await attemptDelivery(services, deliveryId);
        const wrong = otherThan(await codeOf(deliveryId));
        for (const end of [...never, ...perhaps].map(([, way]) => way)) {
          await end(await askAgain(user.id));
          const verdict = await confirmEmail(services, user.id, wrong).catch(codeOfRefusal);
          const state = await getConfirmation(services, user.id);
          shown.push([
            verdict,
            state?.code.tries_left,
            state?.code.expires_at === null,
            state?.delivery?.status,
          ]);
          services.pass(6 * 3600);
          await services.db
            .update(users)
            .set({ claimExpiresAt: addSeconds(services.clock(), 24 * 3600) })
            .where(eq(users.id, user.id));
        }
      }
      const half = shown.length / 2;
      expect(shown.slice(half)).toEqual(shown.slice(0, half));
    });
  });

  test("cancels what was still pending", async () => {
    const first = await registerUser(services, someone());
    services.pass(60);
    const second = await requestAnotherCode(services, first.user.id);
    expect(await attemptDelivery(services, first.deliveryId)).toEqual({
      outcome: "settled",
      status: "cancelled",
    });
    expect(await attemptDelivery(services, second.deliveryId)).toMatchObject({ outcome: "sent" });
    expect(services.transport.handed).toHaveLength(1);
  });

  test("ten times in parallel queues one mail", async () => {
    const { user } = await registerUser(services, someone());
    services.pass(60);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => requestAnotherCode(services, user.id)),
    );
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });

  test("is refused once the address is confirmed", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    await confirmEmail(services, user.id, await codeOf(deliveryId));
    services.pass(60);
    await expect(requestAnotherCode(services, user.id)).rejects.toMatchObject({ code: "already_confirmed" });
  });
});
