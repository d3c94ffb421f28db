import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { findUser, markEmailConfirmed } from "@/db/users";
import { attemptDelivery } from "@/domain/email-delivery";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { endOneSession, endOtherSessions, listSessions } from "@/domain/sessions";
import { signIn } from "@/domain/sign-in";
import {
  authenticateAccessToken,
  authenticateSession,
  refreshSession,
  SEEN_EVERY_SECONDS,
  SESSION_SECONDS,
  type StartedSession,
} from "@/domain/tokens";
import { refusalOf } from "@/tests/support/limits";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
afterEach(() => {
  services.settings.rateLimits = false;
});

const { password: PASSWORD } = someone();

/** Somebody with an account, signed in on these devices. */
async function signedIn(...devices: string[]): Promise<StartedSession[]> {
  const person = someone();
  const { user } = await registerUser(services, person);
  await markEmailConfirmed(services.db, user.id, services.clock());
  await endOtherSessions(services, { userId: user.id, sessionId: user.id, scope: "full" });
  const sessions: StartedSession[] = [];
  for (const device of devices) {
    services.pass(1);
    const { session } = await signIn(services, { login: person.email, password: person.password, device });
    sessions.push(session);
  }
  return sessions;
}

const first = <T>(list: T[]): T => {
  const [item] = list;
  if (item === undefined) throw new Error("The list is empty");
  return item;
};

describe("ASVS 7.5.2: the list of sessions", () => {
  test("names each device, marks the one that asks and puts it first", async () => {
    const [laptop] = await signedIn("Firefox on Windows", "Safari on iOS", "Chrome on Android");
    if (!laptop) throw new Error("nobody is signed in");
    const list = await listSessions(services, laptop.identity);
    expect(list.map(({ device, current }) => [device, current])).toEqual([
      ["Firefox on Windows", true],
      ["Chrome on Android", false],
      ["Safari on iOS", false],
    ]);
    expect(JSON.stringify(list)).not.toContain(laptop.tokens.refresh_token);
  });

  test("knows when each was last used, to within five minutes, with one write in that time", async () => {
    const { identity } = first(await signedIn("Firefox on Linux"));
    const seen = async () => first(await listSessions(services, identity)).last_seen_at;
    const atStart = await seen();
    services.pass(SEEN_EVERY_SECONDS - 1);
    await authenticateSession(services, identity.sessionId);
    expect(await seen()).toBe(atStart);
    services.pass(1);
    await authenticateSession(services, identity.sessionId);
    expect(await seen()).toBe(services.clock().toISOString());
  });

  test("leaves out what was ended and what is over", async () => {
    const [one, two] = await signedIn("one", "two");
    if (!one || !two) throw new Error("nobody is signed in");
    await endOneSession(services, one.identity, two.identity.sessionId);
    expect((await listSessions(services, one.identity)).map(({ device }) => device)).toEqual(["one"]);
    services.pass(SESSION_SECONDS);
    expect(await listSessions(services, one.identity)).toEqual([]);
  });
});

describe("ASVS 7.4.1: an ended session", () => {
  test("is over for its cookie, its access token and its refresh token at once", async () => {
    const [mine, lost] = await signedIn("mine", "lost");
    if (!mine || !lost) throw new Error("nobody is signed in");
    await endOneSession(services, mine.identity, lost.identity.sessionId);
    expect(await authenticateSession(services, lost.identity.sessionId)).toBeNull();
    const invalid = { code: "invalid_token" };
    await expect(authenticateAccessToken(services, lost.tokens.access_token)).rejects.toMatchObject(invalid);
    await expect(refreshSession(services, lost.tokens.refresh_token)).rejects.toMatchObject(invalid);
    await expect(authenticateAccessToken(services, mine.tokens.access_token)).resolves.toBeDefined();
  });

  test("of somebody else cannot be ended, and nobody learns whether it is there", async () => {
    const mine = first(await signedIn("mine"));
    const theirs = first(await signedIn("theirs"));
    const unknown = "00000000-0000-4000-8000-000000000000";
    expect(await endOneSession(services, mine.identity, theirs.identity.sessionId)).toBe(
      await endOneSession(services, mine.identity, unknown),
    );
    expect(await authenticateSession(services, theirs.identity.sessionId)).not.toBeNull();
  });
});

describe("signing out everywhere else", () => {
  test("ends all but the one that asks, and nobody else's", async () => {
    const [mine] = await signedIn("mine", "two", "three");
    const theirs = first(await signedIn("theirs"));
    if (!mine) throw new Error("nobody is signed in");
    expect(await endOtherSessions(services, mine.identity)).toBe(2);
    expect(await listSessions(services, mine.identity)).toHaveLength(1);
    expect(await listSessions(services, theirs.identity)).toHaveLength(1);
    expect(await endOtherSessions(services, mine.identity)).toBe(0);
  });
});

describe("ASVS 7.2.4: signing in and confirming", () => {
  test("give a new session each time; a token from before the confirmation opens no account", async () => {
    const person = someone();
    const { user, session: claim } = await registerUser(services, person);
    const again = await signIn(services, { login: person.username, password: person.password });
    expect(again.session.identity.sessionId).not.toBe(claim.identity.sessionId);
    expect(again.session.identity.scope).toBe("claim");
    await markEmailConfirmed(services.db, user.id, services.clock());
    expect((await findUser(services.db, user.id))?.emailConfirmedAt).not.toBeNull();
    // The row keeps its scope whatever becomes of the user.
    expect((await authenticateSession(services, claim.identity.sessionId))?.scope).toBe("claim");
    const full = await signIn(services, { login: person.username, password: person.password });
    expect(full.session.identity.scope).toBe("full");
  });
});

describe("ASVS 6.2.2, 6.2.3, 6.3.7, 7.4.3: changing the password", () => {
  test("takes the present one, ends every session, and goes on in a new one", async () => {
    const [mine, other] = await signedIn("mine", "other");
    if (!mine || !other) throw new Error("nobody is signed in");
    const change = (current: string, next: string) =>
      changePassword(services, mine.identity, { current, next, device: "mine" });
    const fieldError = (field: string, code: string) => ({ details: { fields: [{ field, code }] } });
    await expect(change("wrong", "another passphrase")).rejects.toMatchObject(
      fieldError("current_password", "wrong_password"),
    );
    await expect(change(PASSWORD, PASSWORD)).rejects.toMatchObject(
      fieldError("new_password", "same_password"),
    );
    await expect(change(PASSWORD, "password1")).rejects.toMatchObject(
      fieldError("new_password", "common_password"),
    );
    expect(await listSessions(services, mine.identity)).toHaveLength(2);

    const { user, session, notice } = await change(PASSWORD, "another passphrase");
    // ASVS 6.3.7: the mailbox is told, without either password.
    services.pass(services.settings.queueDelaySeconds);
    await attemptDelivery(services, notice.deliveryId);
    const mail = services.transport.handed.find(({ to }) => to === user.email);
    expect(mail?.subject).toBe("Your Latchkey password was changed");
    for (const secret of [PASSWORD, "another passphrase"])
      expect(`${mail?.html} ${mail?.text}`).not.toContain(secret);
    for (const { identity } of [mine, other])
      expect(await authenticateSession(services, identity.sessionId)).toBeNull();
    expect(await listSessions(services, session.identity)).toMatchObject([{ device: "mine", current: true }]);
    await expect(signIn(services, { login: user.email, password: PASSWORD })).rejects.toMatchObject({
      code: "bad_credentials",
    });
    await expect(
      signIn(services, { login: user.email, password: "another passphrase" }),
    ).resolves.toBeDefined();
  });

  test("twice at the same time happens once", async () => {
    const mine = first(await signedIn("mine"));
    const results = await Promise.allSettled(
      ["one new passphrase", "two new passphrase"].map((next) =>
        changePassword(services, mine.identity, { current: PASSWORD, next }),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("is let through five times an hour and ten a day, whoever has the password: each is told to the mailbox", async () => {
    services.settings.rateLimits = true;
    let session = first(await signedIn("mine"));
    let current = PASSWORD;
    const change = async () => {
      const next = `passphrase of ${services.clock().toISOString()} ${randomUUID()}`;
      const done = await changePassword(services, session.identity, { current, next });
      current = next;
      session = done.session;
    };
    const waitOf = async () => {
      const refused = await refusalOf(change());
      expect(refused.code).toBe("password_limit");
      return ((refused.details.nextAllowedAt?.getTime() ?? 0) - services.clock().getTime()) / 1000;
    };
    for (let n = 0; n < 5; n++) await change();
    expect(await waitOf()).toBe(3600);
    services.pass(3600);
    for (let n = 0; n < 5; n++) await change();
    services.pass(3600);
    expect(await waitOf()).toBe(86_400 - 2 * 3600);
    expect(await listSessions(services, session.identity)).toHaveLength(1);
  });
});
