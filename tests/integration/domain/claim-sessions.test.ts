// A claim with sessions on several devices, confirmed with the code on one of them. What the link does to them is in
// link-confirmation.test.ts.
import { describe, expect, test } from "vitest";
import { changeAddress } from "@/domain/address-change";
import { authenticateReplaced, GO_ON_SECONDS, goOnAfterConfirmation } from "@/domain/claim-sessions";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { endOtherSessions } from "@/domain/sessions";
import { signIn } from "@/domain/sign-in";
import { authenticateSession, endSession, refreshSession, type StartedSession } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

/** Registered on one device, signed in on two more; the third one has the code. */
async function claimOnThreeDevices() {
  const person = someone();
  const { user, deliveryId, session: first } = await registerUser(services, person);
  const again = async () => (await signIn(services, { login: person.username, ...person })).session;
  const [second, third] = [await again(), await again()];
  const code = await codeOf(services, deliveryId);
  const confirm = () => confirmEmail(services, user.id, code, { sessionId: third.identity.sessionId });
  return { ...person, user, deliveryId, first, second, third, confirm };
}

const isOpen = async ({ identity }: StartedSession) =>
  (await authenticateSession(services, identity.sessionId)) !== null;
const goOn = ({ identity }: StartedSession) => goOnAfterConfirmation(services, identity, {});

describe("a code typed on another device", () => {
  test("ASVS 7.2.4: opens a new session there, and lets each of the claim's others go on once, under a new id", async () => {
    const { user, first, second, third, confirm } = await claimOnThreeDevices();
    const { session } = await confirm();
    expect(session.identity).toMatchObject({ userId: user.id, scope: "full" });
    expect(await isOpen(third)).toBe(false);
    for (const waiting of [first, second]) {
      expect((await authenticateSession(services, waiting.identity.sessionId))?.scope).toBe("claim");
      const tries = await Promise.allSettled(Array.from({ length: 5 }, () => goOn(waiting)));
      const opened = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value.session] : []));
      expect(opened.map(({ identity }) => identity.scope)).toEqual(["full"]);
      expect(opened[0]?.identity.sessionId).not.toBe(waiting.identity.sessionId);
      expect(await isOpen(waiting)).toBe(false);
    }
    await expect(goOn(third)).rejects.toMatchObject({ code: "invalid_token" });
    await expect(goOn(session)).rejects.toMatchObject({ code: "already_confirmed" });
  });

  test("leaves what waits a quarter of an hour, and nothing to do but to go on", async () => {
    const { user, first, confirm } = await claimOnThreeDevices();
    await confirm();
    await expect(requestAnotherCode(services, user.id)).rejects.toMatchObject({ code: "already_confirmed" });
    await expect(changeAddress(services, user.id, someone().email)).rejects.toMatchObject({
      code: "already_confirmed",
    });
    services.pass(GO_ON_SECONDS - 1);
    expect(await isOpen(first)).toBe(true);
    services.pass(1);
    expect(await isOpen(first)).toBe(false);
  });

  test("opens nothing for a session that was signed out before, or that is ended while it waits", async () => {
    const { password, first, second, confirm } = await claimOnThreeDevices();
    await endSession(services, first.identity.sessionId);
    const { session } = await confirm();
    await expect(goOn(first)).rejects.toMatchObject({ code: "invalid_token" });
    await changePassword(services, session.identity, { current: password, next: "quite another one" });
    await expect(goOn(second)).rejects.toMatchObject({ code: "invalid_token" });
    expect(await isOpen(second)).toBe(false);
  });

  test("and 'sign out everywhere else' ends what waits as well", async () => {
    const { first, second, confirm } = await claimOnThreeDevices();
    const { session } = await confirm();
    expect(await endOtherSessions(services, session.identity)).toBe(2);
    for (const waiting of [first, second])
      await expect(goOn(waiting)).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("confirms nothing for a session that ended while the code was on its way", async () => {
    const { first, third, confirm } = await claimOnThreeDevices();
    await endSession(services, third.identity.sessionId);
    await expect(confirm()).rejects.toMatchObject({ code: "invalid_token" });
    await expect(goOn(first)).rejects.toMatchObject({ code: "not_confirmed" });
  });

  test("opens nothing for the sessions of claims that end because this one was confirmed", async () => {
    const { email, confirm } = await claimOnThreeDevices();
    const other = await registerUser(services, someone({ email }));
    await confirm();
    expect(await isOpen(other.session)).toBe(false);
    await expect(goOn(other.session)).rejects.toMatchObject({ code: "not_confirmed" });
  });
});

describe("the right code a second time, because its answer was lost", () => {
  const answered = async (sessionId: string) => (await authenticateReplaced(services, sessionId))?.scope;

  test("brings the session that it had brought, as often as it is asked for, until somebody uses that", async () => {
    const { third, confirm } = await claimOnThreeDevices();
    const { session } = await confirm();
    for (const again of [await confirm(), await confirm()]) {
      expect(again.session.identity).toEqual(session.identity);
      expect(again.session.tokens.refresh_token).not.toBe(session.tokens.refresh_token);
    }
    expect(await answered(third.identity.sessionId)).toBe("claim");
    expect(await isOpen(session)).toBe(true);
    expect(await answered(third.identity.sessionId)).toBeUndefined();
    await expect(confirm()).rejects.toMatchObject({ code: "already_confirmed" });
  });

  test("a refreshed token is a use of it as well", async () => {
    const { confirm } = await claimOnThreeDevices();
    const { session } = await confirm();
    await refreshSession(services, session.tokens.refresh_token);
    await expect(confirm()).rejects.toMatchObject({ code: "already_confirmed" });
  });

  test("ASVS 7.2.4: the claim's session alone opens nothing: another code is refused, counted, and looked at five times", async () => {
    const { user, third, deliveryId } = await claimOnThreeDevices();
    const code = await codeOf(services, deliveryId);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    const { sessionId } = third.identity;
    const type = (typed: string) => confirmEmail(services, user.id, typed, { sessionId });
    await type(code);
    await expect(goOn(third)).rejects.toMatchObject({ code: "invalid_token" });
    expect(await isOpen(third)).toBe(false);
    for (let tries = 0; tries < 5; tries++)
      await expect(type(wrong)).rejects.toMatchObject({ code: "already_confirmed" });
    await expect(type(code)).rejects.toMatchObject({ code: "already_confirmed" });
  });

  test("also when the right one was the last of its five tries, and no more often than tokens are refreshed", async () => {
    services.settings.rateLimits = true;
    const { user, third, deliveryId } = await claimOnThreeDevices();
    const code = await codeOf(services, deliveryId);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    const { sessionId } = third.identity;
    const type = (typed: string) => confirmEmail(services, user.id, typed, { sessionId });
    for (let tries = 0; tries < 4; tries++)
      await expect(type(wrong)).rejects.toMatchObject({ code: "wrong_code" });
    const { session } = await type(code);
    for (let times = 0; times < 30; times++)
      expect((await type(code)).session.identity).toEqual(session.identity);
    await expect(type(code)).rejects.toMatchObject({ code: "already_confirmed" });
    services.settings.rateLimits = false;
  });

  test("not by another session of the claim, not after a quarter of an hour, and not once all sessions were ended", async () => {
    const one = await claimOnThreeDevices();
    const { session } = await one.confirm();
    const code = await codeOf(services, one.deliveryId);
    for (const { identity } of [one.first, one.second]) {
      const asked = confirmEmail(services, one.user.id, code, { sessionId: identity.sessionId });
      await expect(asked).rejects.toMatchObject({ code: "already_confirmed" });
    }
    services.pass(GO_ON_SECONDS + 1);
    await expect(one.confirm()).rejects.toMatchObject({ code: "already_confirmed" });
    expect(await answered(one.third.identity.sessionId)).toBeUndefined();

    const two = await claimOnThreeDevices();
    const opened = await two.confirm();
    await endSession(services, opened.session.identity.sessionId);
    await expect(two.confirm()).rejects.toMatchObject({ code: "already_confirmed" });
    expect(await isOpen(session)).toBe(true);
  });
});
