import { hash } from "@node-rs/argon2";
import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Executor } from "@/db/client";
import { auditLog, sessions, users } from "@/db/schema";
import { findMostOldIterations, findUser, markEmailConfirmed, replacePasswordHash } from "@/db/users";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function hashOf(userId: string): Promise<string> {
  return (await findUser(services.db, userId))?.passwordHash ?? "";
}

test("a name or an address that was copied with marks of direction around it is the one that is seen", async () => {
  const person = someone();
  const { user } = await registerUser(services, person);
  await markEmailConfirmed(services.db, user.id, services.clock());
  for (const login of [person.username, person.email])
    await signIn(services, { login: ` \u2066${login}\u2069`, password: person.password });
});

describe("ASVS 11.2.2, 11.4.2: a hash made with less work than today's", () => {
  test("is made anew at the next right sign-in, once, and not at a wrong one", async () => {
    const person = someone();
    const { user } = await registerUser(services, person);
    const weak = await hash(person.password, {
      algorithm: 2,
      memoryCost: 4_096,
      timeCost: 1,
      parallelism: 1,
    });
    await replacePasswordHash(services.db, user.id, { from: await hashOf(user.id), to: weak });

    await expect(
      signIn(services, { login: person.username, password: "wrong password" }),
    ).rejects.toMatchObject({
      code: "bad_credentials",
    });
    expect(await hashOf(user.id)).toBe(weak);

    await signIn(services, { login: person.username, password: person.password });
    const upgraded = await hashOf(user.id);
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);

    await signIn(services, { login: person.username, password: person.password });
    expect(await hashOf(user.id)).toBe(upgraded);
  });

  test("does not come back over a password that was changed at that moment", async () => {
    const { user } = await registerUser(services, someone());
    const before = await hashOf(user.id);
    await replacePasswordHash(services.db, user.id, { from: before, to: "changed" });
    expect(await replacePasswordHash(services.db, user.id, { from: before, to: "upgraded" })).toBe(false);
    expect(await hashOf(user.id)).toBe("changed");
  });
});

describe("a hash of the system this replaces", () => {
  /** Made by Django 5.2 for someone()'s password. */
  const OF_DJANGO = "pbkdf2_sha256$2000$Zx9QpL2mN7vB4kT1cR8wYd$ekSLnY3beLfJMFQRkQaPoA+p2vRAyil1oRiJxLEfBEQ=";

  async function someoneOfDjango() {
    const person = someone();
    const { user } = await registerUser(services, person);
    await replacePasswordHash(services.db, user.id, { from: await hashOf(user.id), to: OF_DJANGO });
    return { person, userId: user.id };
  }

  test("opens with its password, is argon2id from then on, and opens again", async () => {
    const { person, userId } = await someoneOfDjango();
    expect(await findMostOldIterations(services.db)).toBe(2_000);
    const credentials = { login: person.username, password: person.password };
    await expect(signIn(services, { ...credentials, password: "wrong password" })).rejects.toMatchObject({
      code: "bad_credentials",
    });
    expect(await hashOf(userId)).toBe(OF_DJANGO);
    await signIn(services, credentials);
    expect(await hashOf(userId)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await findMostOldIterations(services.db)).toBe(0);
    await signIn(services, credentials);
  });

  test("is known by the most work that any of them still has, and by none once all are gone", async () => {
    const one = await someoneOfDjango();
    const two = await someoneOfDjango();
    const slower = OF_DJANGO.replace("$2000$", "$30000$");
    await replacePasswordHash(services.db, two.userId, { from: OF_DJANGO, to: slower });
    expect(await findMostOldIterations(services.db)).toBe(30_000);
    await replacePasswordHash(services.db, two.userId, { from: slower, to: "gone" });
    expect(await findMostOldIterations(services.db)).toBe(2_000);
    await replacePasswordHash(services.db, one.userId, { from: OF_DJANGO, to: "gone" });
    expect(await findMostOldIterations(services.db)).toBe(0);
  });

  test("with a broken number of iterations cannot be stored, so that no sign-in meets it", async () => {
    const { userId } = await someoneOfDjango();
    await expect(
      replacePasswordHash(services.db, userId, { from: OF_DJANGO, to: "pbkdf2_sha256$many$salt$digest" }),
    ).rejects.toThrow();
    await replacePasswordHash(services.db, userId, { from: OF_DJANGO, to: "gone" });
  });

  test("is enough to change the password with, when it could not be made anew at the sign-in", async () => {
    const { person, userId } = await someoneOfDjango();
    const { session } = await signIn(services, { login: person.username, password: person.password });
    await replacePasswordHash(services.db, userId, { from: await hashOf(userId), to: OF_DJANGO });
    await changePassword(services, session.identity, {
      current: person.password,
      next: "another horse, another battery",
    });
    expect(await hashOf(userId)).toMatch(/^\$argon2id\$/);
  });
});

describe("while somebody signs in with the right password", () => {
  /** Does `act` to the account when its password was found right, and before the session begins. */
  async function signInAround(act: (tx: Executor, userId: string) => Promise<unknown>) {
    const person = someone();
    const { user } = await registerUser(services, person);
    let signing: Promise<unknown> = Promise.resolve();
    await services.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from users where id = ${user.id} for update`);
      signing = signIn(services, { login: person.username, password: person.password });
      signing.catch(() => {});
      await expect.poll(waitingForLocks).toBe(1);
      await act(tx, user.id);
    });
    return { signing, userId: user.id };
  }

  async function waitingForLocks(): Promise<number> {
    const [row] = await services.db.execute<{ count: number }>(sql`select count(*)::int as count
      from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    return row?.count ?? 0;
  }

  const countSessions = async (userId: string) =>
    (await services.db.select().from(sessions).where(eq(sessions.userId, userId))).length;

  test("and the password is changed: whoever knew the old one is not let in", async () => {
    const { signing, userId } = await signInAround(async (tx, id) => {
      const to = await hash("another password altogether", {
        memoryCost: 19_456,
        timeCost: 2,
        parallelism: 1,
      });
      await tx.update(users).set({ passwordHash: to }).where(eq(users.id, id));
    });
    await expect(signing).rejects.toMatchObject({ code: "bad_credentials" });
    // The one that registering began.
    expect(await countSessions(userId)).toBe(1);
  });

  test("and its hash is made anew: it is the same password, and opens a session", async () => {
    const { signing, userId } = await signInAround(async (tx, id) => {
      const to = await hash(someone().password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
      await tx.update(users).set({ passwordHash: to }).where(eq(users.id, id));
    });
    await expect(signing).resolves.toMatchObject({ user: { id: userId } });
    expect(await countSessions(userId)).toBe(2);
  });

  test("and the claim ends: nothing is opened on it", async () => {
    const { signing, userId } = await signInAround((tx, id) =>
      tx.update(users).set({ claimExpiresAt: services.clock() }).where(eq(users.id, id)),
    );
    await expect(signing).rejects.toMatchObject({ code: "bad_credentials" });
    expect(await countSessions(userId)).toBe(1);
  });

  test("and the address is confirmed: the session is a full one", async () => {
    const { signing, userId } = await signInAround((tx, id) => markEmailConfirmed(tx, id, services.clock()));
    await expect(signing).resolves.toMatchObject({
      user: { id: userId, email_confirmed: true },
      session: { identity: { scope: "full" } },
    });
  });

  test("and the account is deleted: it is a name that nobody has, and no mistake of ours", async () => {
    const { signing } = await signInAround((tx, id) => tx.delete(users).where(eq(users.id, id)));
    await expect(signing).rejects.toMatchObject({ code: "bad_credentials" });
    const refusals = await services.db.select().from(auditLog).where(eq(auditLog.type, "sign_in_refused"));
    expect(refusals.at(-1)).toMatchObject({ userId: null, details: { reason: "unknown_name" } });
  });
});
