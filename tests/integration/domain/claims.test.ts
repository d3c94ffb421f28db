// Claims on one address (promise P7): who may confirm what, how many there can be, and how they end.
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { authenticateAccessToken } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

const isOpen = async (userId: string) => (await getConfirmation(services, userId)) !== null;

test("better-auth#11023: an attacker who registered first with the victim's address gains nothing when the victim registers and confirms", async () => {
  const victim = someone();
  const attacker = someone({ email: victim.email, password: "the attacker's password" });
  const attackers = await registerUser(services, { ...attacker, network: "198.51.100.1" });
  const victims = await registerUser(services, { ...victim, network: "203.0.113.1" });
  const victimsCode = await codeOf(services, victims.deliveryId);
  const attackersCode = await codeOf(services, attackers.deliveryId);

  // The victim reads their own mail; its code must not open the attacker's claim, whoever types it.
  await expect(confirmEmail(services, attackers.user.id, victimsCode)).rejects.toMatchObject({
    code: "wrong_code",
  });
  const { user } = await confirmEmail(services, victims.user.id, victimsCode);
  expect(user).toMatchObject({ id: victims.user.id, username: victim.username, email_confirmed: true });

  // The attacker's claim is over: its code, its sessions, its password.
  await expect(confirmEmail(services, attackers.user.id, attackersCode)).rejects.toBeInstanceOf(DomainError);
  await expect(confirmEmail(services, attackers.user.id, victimsCode)).rejects.toBeInstanceOf(DomainError);
  await expect(
    authenticateAccessToken(services, attackers.session.tokens.access_token),
  ).rejects.toMatchObject({ code: "invalid_token" });
  for (const login of [victim.email, victim.username, attacker.username])
    await expect(signIn(services, { login, password: attacker.password })).rejects.toMatchObject({
      code: "bad_credentials",
    });
  const { session } = await signIn(services, { login: victim.email, password: victim.password });
  expect(session.identity).toMatchObject({ userId: victims.user.id, scope: "full" });
});

describe("open claims on one address", () => {
  const claimOn = (email: string, network: string | null = null) =>
    registerUser(services, { ...someone(), email, network });

  test("are three at most: a fourth gets the same answer, and the oldest ends", async () => {
    const { email } = someone();
    const claims = [];
    for (const network of ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]) {
      claims.push(await claimOn(email, network));
      services.pass(1);
    }
    const open = await Promise.all(claims.map(({ user }) => isOpen(user.id)));
    expect(open).toEqual([false, true, true, true]);
    const [first, , , fourth] = claims;
    if (!first || !fourth) throw new Error("no claims");
    expect(Object.keys(fourth).sort()).toEqual(Object.keys(first).sort());
    await expect(authenticateAccessToken(services, first.session.tokens.access_token)).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect(await findDelivery(services.db, first.deliveryId)).toMatchObject({ status: "cancelled" });
    await confirmEmail(services, fourth.user.id, await codeOf(services, fourth.deliveryId));
  });

  test("a stranger who registers on and on does not end the owner's", async () => {
    const { email } = someone();
    const owner = await claimOn(email, "203.0.113.1");
    for (let i = 0; i < 6; i++) {
      services.pass(1);
      await claimOn(email, "198.51.100.1");
    }
    await confirmEmail(services, owner.user.id, await codeOf(services, owner.deliveryId));
  });

  test("are never more than three, however many come at the same instant", async () => {
    const { email } = someone();
    const claims = await Promise.all(Array.from({ length: 12 }, () => claimOn(email)));
    const open = await Promise.all(claims.map(({ user }) => isOpen(user.id)));
    expect(open.filter(Boolean)).toHaveLength(3);
  });

  test("that ended give back their username at once", async () => {
    const { email, username } = someone();
    await registerUser(services, { ...someone({ username }), email });
    for (let i = 0; i < 3; i++) {
      services.pass(1);
      await claimOn(email);
    }
    await expect(registerUser(services, someone({ username }))).resolves.toBeDefined();
  });

  test("that ended look the same, whether they expired, made room, or somebody else confirmed the address", async () => {
    const expired = await claimOn(someone().email);
    services.pass(24 * 3600);
    const replaced = await claimOn("crowd@example.com");
    for (let i = 0; i < 3; i++) await claimOn("crowd@example.com");
    const confirmed = await claimOn("owned@example.com");
    const owner = await claimOn("owned@example.com");
    await confirmEmail(services, owner.user.id, await codeOf(services, owner.deliveryId));
    const seen = await Promise.all(
      [expired, replaced, confirmed].map(async ({ user, session, deliveryId }) => {
        const said = (work: Promise<unknown>) =>
          work.catch((error: DomainError) => `${error.code} ${error.message}`);
        return {
          state: await getConfirmation(services, user.id),
          token: await said(authenticateAccessToken(services, session.tokens.access_token)),
          code: await said(confirmEmail(services, user.id, await codeOf(services, deliveryId))),
          resend: await said(requestAnotherCode(services, user.id)),
        };
      }),
    );
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  test("of two with the right code at the same instant exactly one is confirmed", async () => {
    for (let round = 0; round < 5; round++) {
      const { email } = someone();
      const claims = [await claimOn(email), await claimOn(email)];
      const results = await Promise.allSettled(
        claims.map(async ({ user, deliveryId }) =>
          confirmEmail(services, user.id, await codeOf(services, deliveryId)),
        ),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      for (const result of results)
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(DomainError);
    }
  });
});
