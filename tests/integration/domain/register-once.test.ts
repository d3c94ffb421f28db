// A person's own waiting claim is no reason to refuse them their name (docs/decisions/009).
import { and, eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { auditLog, deliveries, outbox, rateLimits, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail, getConfirmation, requestAnotherCode } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DomainError } from "@/domain/errors";
import { LIMITS } from "@/domain/limits";
import { admitRegistration, admitRepeat } from "@/domain/rate-limit";
import { isRepetition, registerOnce } from "@/domain/register-once";
import { CLAIM_LIFETIME_SECONDS, registerUser } from "@/domain/registration";
import { authenticateSession, type StartedSession } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

type Person = ReturnType<typeof someone>;
const isOpen = async (userId: string) => (await getConfirmation(services, userId)) !== null;
const isSignedIn = async ({ identity }: StartedSession) =>
  (await authenticateSession(services, identity.sessionId)) !== null;
const codeOfRefusal = (error: unknown) => (error instanceof DomainError ? error.code : String(error));
/** What becomes of it: the claim's id, or the code of the refusal. */
const outcome = (person: Person, asker: StartedSession | null = null) =>
  registerOnce(services, person, asker?.identity ?? null).then(({ user }) => user.id, codeOfRefusal);
const countMails = async (userId: string) => services.db.$count(deliveries, eq(deliveries.userId, userId));
const countEvents = async (userId: string) =>
  services.db.$count(outbox, sql`${outbox.data}->>'userId' = ${userId}`);
const countDeadlocks = async () => {
  const [row] = await services.db.execute<{ deadlocks: number }>(
    sql`select deadlocks::int from pg_stat_database where datname = current_database()`,
  );
  return row?.deadlocks;
};

describe("the same registration once more", () => {
  test("is answered with the claim that is there: no second mail, event or account, and a session of its own", async () => {
    const person = someone();
    const first = await registerUser(services, person);
    const again = await registerOnce(services, { ...person, device: "Firefox on Linux" }, null);
    expect(isRepetition(again)).toBe(true);
    expect(again.user).toEqual(first.user);
    expect(again.deliveryId).toBe(first.deliveryId);
    expect(again.session.identity).toMatchObject({ userId: first.user.id, scope: "claim" });
    expect(again.session.expiresAt).toEqual(first.session.expiresAt);
    expect(again.session.identity.sessionId).not.toBe(first.session.identity.sessionId);
    expect(await isSignedIn(first.session)).toBe(true);
    expect(await countMails(first.user.id)).toBe(1);
    expect(await countEvents(first.user.id)).toBe(1);
  });

  test("tells of the newest mail, and works until the claim is over", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    await attemptDelivery(services, deliveryId);
    services.pass(61);
    const second = await requestAnotherCode(services, user.id);
    const again = await registerOnce(services, { ...person, username: person.username.toUpperCase() }, null);
    expect(again).toMatchObject({ isRepetition: true, deliveryId: second.deliveryId, user: { id: user.id } });
    services.pass(CLAIM_LIFETIME_SECONDS);
    expect(await outcome(person)).not.toBe(user.id);
  });

  test("thirty times at the same instant is one claim and one mail", async () => {
    const person = someone();
    const ids = await Promise.all(Array.from({ length: 30 }, () => outcome(person)));
    expect(new Set(ids).size).toBe(1);
    expect(await countMails(ids[0] ?? "")).toBe(1);
    expect(await countEvents(ids[0] ?? "")).toBe(1);
    expect(await services.db.$count(users, eq(users.email, person.email))).toBe(1);
  });

  test("with another password, another address, or by another person is refused: the name is taken", async () => {
    const person = someone();
    const { user } = await registerUser(services, person);
    for (const other of [
      { ...person, password: "incorrect horse battery" },
      { ...person, email: someone().email },
      someone({ username: person.username }),
    ])
      expect(await outcome(other)).toBe("username_taken");
    await changeAddress(services, user.id, someone().email);
    expect(await outcome(person)).toBe("username_taken");
  });

  test("ASVS 16.3.1: with another password is in the audit log as a sign-in that was refused", async () => {
    const person = someone();
    const { user } = await registerUser(services, person);
    const refusals = () =>
      services.db.$count(auditLog, and(eq(auditLog.userId, user.id), eq(auditLog.type, "sign_in_refused")));
    expect(await outcome({ ...person, password: "another passphrase" })).toBe("username_taken");
    expect(await refusals()).toBe(1);
    expect(await outcome(person)).toBe(user.id);
    expect(await refusals()).toBe(1);
  });

  test("under a name that is somebody else's is no sign-in that was refused, whoever that is", async () => {
    const claim = someone();
    await registerUser(services, claim);
    const account = someone();
    const { user, deliveryId } = await registerUser(services, account);
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    const rows = () => services.db.select().from(auditLog);
    for (const { username } of [claim, account]) {
      const before = (await rows()).length;
      expect(await outcome({ ...someone(), username })).toBe("username_taken");
      const added = (await rows()).slice(before);
      expect(added).toHaveLength(1);
      expect(added[0]).toMatchObject({
        type: "registration_refused",
        userId: null,
        details: { reason: "username_taken" },
      });
    }
  });

  test("with another password by who holds the claim is a new choice, and no sign-in that was refused", async () => {
    const person = someone();
    const { user, session } = await registerUser(services, person);
    expect(await outcome({ ...person, password: "another passphrase" }, session)).not.toBe("username_taken");
    const about = and(eq(auditLog.userId, user.id), eq(auditLog.type, "sign_in_refused"));
    expect(await services.db.$count(auditLog, about)).toBe(0);
  });

  test("opens no account: once it is confirmed the name is taken", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    expect(await outcome(person)).toBe("username_taken");
  });

  test("ASVS 6.3.8: is the same for an address that has an owner", async () => {
    const owner = await registerUser(services, someone());
    await confirmEmail(services, owner.user.id, await codeOf(services, owner.deliveryId));
    const [known, unknown] = [someone({ email: owner.user.email }), someone()];
    const seen = [];
    for (const person of [known, unknown]) {
      const first = await registerUser(services, person);
      const again = await registerOnce(services, person, null);
      expect(again.deliveryId).toBe(first.deliveryId);
      const mended = await registerOnce(
        services,
        { ...person, password: "another one" },
        again.session.identity,
      );
      seen.push([Object.keys(again).sort(), Object.keys(mended).sort(), await isOpen(first.user.id)]);
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  test("ASVS 6.1.1: is counted for its network, and lets no password of a claim be guessed", async () => {
    services.settings.rateLimits = true;
    const tries = LIMITS.repeatsPerName.windows[0].limit;
    const person = someone();
    await registerUser(services, person);
    for (const guess of ["a first guess of it", "a second guess of it"])
      expect(await outcome({ ...person, password: guess, network: "10.0.0.1" } as Person)).toBe(
        "username_taken",
      );
    const left = [];
    for (let index = 0; index < tries; index++)
      left.push(await admitRepeat(services, person.username.toUpperCase()));
    expect(left.filter(Boolean)).toHaveLength(tries - 2);
    // Nothing tells that the right one would not even be looked at.
    expect(await outcome({ ...person, network: "10.0.1.1" } as Person)).toBe("username_taken");
    services.pass(3600);
    expect(await outcome({ ...person, network: "10.0.1.1" } as Person)).not.toBe("username_taken");
    for (let index = 1; index < 20; index++) await admitRegistration(services, "10.0.1.1");
    expect(await outcome({ ...person, network: "10.0.1.1" } as Person)).toBe("registration_limit");
    await services.db.delete(rateLimits);
  });
});

describe("whoever holds a claim in their browser and registers its name anew", () => {
  test("gives it up: it ends as claims end, and the name is the new one's", async () => {
    const person = someone();
    const first = await registerUser(services, person);
    for (let change = 0; change < 3; change++) await changeAddress(services, first.user.id, someone().email);
    const right = { ...person, email: someone().email, password: "any other password" };
    const second = await registerOnce(services, right, first.session.identity);
    expect(isRepetition(second)).toBe(false);
    expect(second.user).toMatchObject({ username: person.username, email: right.email });
    expect(await isOpen(first.user.id)).toBe(false);
    expect(await isSignedIn(first.session)).toBe(false);
    expect(await findDelivery(services.db, first.deliveryId)).toMatchObject({ status: "cancelled" });
    await confirmEmail(services, second.user.id, await codeOf(services, second.deliveryId));
  });

  test("gets the claim that is there when nothing was mended, and a new one for another password", async () => {
    const person = someone();
    const first = await registerUser(services, person);
    expect(await outcome(person, first.session)).toBe(first.user.id);
    expect(await countMails(first.user.id)).toBe(1);
    expect(await outcome({ ...person, password: "any other password" }, first.session)).not.toBe(
      first.user.id,
    );
    expect(await isOpen(first.user.id)).toBe(false);
  });

  test("keeps it when the new one is refused", async () => {
    services.settings.rateLimits = true;
    const first = await registerUser(services, someone());
    const { email } = someone();
    for (let claim = 0; claim < 3; claim++) await registerUser(services, someone({ email }));
    expect(await outcome({ ...someone(), username: first.user.username, email }, first.session)).toBe(
      "address_limit",
    );
    expect(await isOpen(first.user.id)).toBe(true);
    expect(await isSignedIn(first.session)).toBe(true);
    await services.db.delete(rateLimits);
  });

  test("ends no claim of another name, of somebody else, or one that was confirmed", async () => {
    const [mine, theirs] = [await registerUser(services, someone()), await registerUser(services, someone())];
    expect(await outcome(someone(), mine.session)).toEqual(expect.any(String));
    expect(await isOpen(mine.user.id)).toBe(true);
    expect(await outcome(someone({ username: theirs.user.username }), mine.session)).toBe("username_taken");
    expect(await isOpen(theirs.user.id)).toBe(true);
    const { session } = await confirmEmail(services, mine.user.id, await codeOf(services, mine.deliveryId));
    expect(await outcome(someone({ username: mine.user.username }), session)).toBe("username_taken");
  });

  test("of many at the same instant exactly one takes its place, whatever their addresses, without a deadlock", async () => {
    const before = await countDeadlocks();
    for (let round = 0; round < 3; round++) {
      const person = someone();
      const first = await registerUser(services, person);
      const addresses = [person.email, someone().email, someone().email];
      const outcomes = await Promise.all([
        ...addresses.flatMap((email, index) =>
          Array.from({ length: 4 }, () =>
            outcome({ ...person, email, password: `passphrase number ${index}` }, first.session),
          ),
        ),
        changeAddress(services, first.user.id, addresses[1] ?? "").catch(codeOfRefusal),
        ...addresses.map((email) => outcome(someone({ email }))),
      ]);
      const open = await services.db
        .select({ id: users.id })
        .from(users)
        .where(eq(users.username, person.username));
      expect(open).toHaveLength(1);
      expect(open[0]?.id).not.toBe(first.user.id);
      const winners = new Set(outcomes.slice(0, 12).filter((one) => one !== "username_taken"));
      expect(winners).toEqual(new Set([open[0]?.id]));
      expect(await countMails(open[0]?.id ?? "")).toBe(1);
    }
    expect(await countDeadlocks()).toBe(before);
  });
});
