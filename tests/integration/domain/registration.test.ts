import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { findDelivery } from "@/db/deliveries";
import { findOutboxRow } from "@/db/outbox";
import { confirmationCodes, deliveries, outbox, refreshTokens, sessions, users } from "@/db/schema";
import { deriveCode } from "@/domain/confirmation-code";
import { confirmEmail } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { DomainError } from "@/domain/errors";
import { CLAIM_LIFETIME_SECONDS, registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());

async function codeOf(deliveryId: string): Promise<string> {
  const delivery = await findDelivery(services.db, deliveryId);
  if (!delivery?.codeId) throw new Error("this delivery carries no code");
  return deriveCode(services.keys, delivery.codeId);
}

describe("registering (P2, P6, P7)", () => {
  test("writes account, code, delivery, event and session together", async () => {
    const person = someone();
    const registration = await registerUser(services, person);
    const delivery = await findDelivery(services.db, registration.deliveryId);
    const event = await findOutboxRow(services.db, registration.outboxId);
    expect(registration.user).toMatchObject({
      username: person.username,
      email: person.email,
      email_confirmed: false,
    });
    expect(delivery).toMatchObject({
      status: "queued",
      kind: "confirmation",
      recipient: person.email,
      attemptCount: 0,
    });
    expect(delivery?.nextAttemptAt?.getTime()).toBe(services.clock().getTime() + 2000);
    expect(event).toMatchObject({ name: "user/registered", publishedAt: null });
    expect(event?.data).toEqual({ userId: registration.user.id, deliveryId: registration.deliveryId });
  });

  test("writes nothing at all when one of the rows cannot be written", async () => {
    const person = someone();
    await registerUser(services, person);
    const count = async () => {
      const rows = await Promise.all(
        [users, confirmationCodes, deliveries, outbox, sessions, refreshTokens].map((table) =>
          services.db.$count(table),
        ),
      );
      return rows;
    };
    const before = await count();
    await expect(
      registerUser(services, someone({ username: person.username.toUpperCase() })),
    ).rejects.toMatchObject({ code: "username_taken" });
    expect(await count()).toEqual(before);
  });

  test("of twenty registrations for one username in parallel exactly one succeeds", async () => {
    const { username } = someone();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => registerUser(services, someone({ username }))),
    );
    const refused = results.filter((result) => result.status === "rejected").map((result) => result.reason);
    expect(refused).toHaveLength(19);
    for (const reason of refused)
      expect(reason).toMatchObject({ name: "DomainError", code: "username_taken" });
  });

  test("an unconfirmed registration does not block the address for its owner", async () => {
    const squatter = someone();
    await registerUser(services, squatter);
    const owner = await registerUser(services, someone({ email: squatter.email }));
    const { user } = await confirmEmail(services, owner.user.id, await codeOf(owner.deliveryId));
    expect(user.email_confirmed).toBe(true);
  });

  test("ASVS 6.6.2: a code opens only its own claim, and confirming one ends the others", async () => {
    const squatter = await registerUser(services, someone());
    const owner = await registerUser(services, someone({ email: squatter.user.email }));
    const ownersCode = await codeOf(owner.deliveryId);
    await expect(confirmEmail(services, squatter.user.id, ownersCode)).rejects.toMatchObject({
      code: "wrong_code",
    });
    await confirmEmail(services, owner.user.id, ownersCode);
    await expect(
      confirmEmail(services, squatter.user.id, await codeOf(squatter.deliveryId)),
    ).rejects.toBeInstanceOf(DomainError);
    expect(await findDelivery(services.db, squatter.deliveryId)).toMatchObject({ status: "cancelled" });
  });

  test("ASVS 6.3.8: an address with an owner gets the same answer, another mail, and a claim that cannot be confirmed", async () => {
    const owner = await registerUser(services, someone());
    await confirmEmail(services, owner.user.id, await codeOf(owner.deliveryId));
    const fresh = await registerUser(services, someone());
    const decoy = await registerUser(services, someone({ email: owner.user.email }));
    expect(Object.keys(decoy).sort()).toEqual(Object.keys(fresh).sort());
    expect(Object.keys(decoy.user).sort()).toEqual(Object.keys(fresh.user).sort());
    expect(decoy.user.email_confirmed).toBe(false);
    await expect(confirmEmail(services, decoy.user.id, await codeOf(decoy.deliveryId))).rejects.toMatchObject(
      {
        code: "wrong_code",
        details: { triesLeft: 4 },
      },
    );
    await attemptDelivery(services, decoy.deliveryId);
    const mail = services.transport.handed.at(-1);
    expect(mail?.subject).toMatch(/already have/i);
    expect(mail?.text).not.toContain(await codeOf(decoy.deliveryId));
  });

  test("a claim that ended frees its username", async () => {
    const person = someone();
    await registerUser(services, person);
    services.pass(CLAIM_LIFETIME_SECONDS + 1);
    await expect(registerUser(services, someone({ username: person.username }))).resolves.toBeDefined();
  });

  test("keeps the password only as an argon2id hash with m=19456, t=2, p=1", async () => {
    const person = someone();
    const { user } = await registerUser(services, person);
    const [row] = await services.db.select().from(users).where(eq(users.id, user.id));
    expect(row?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(person.password);
  });
});

describe("signing in", () => {
  test("takes the username or the confirmed address", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    await confirmEmail(services, user.id, await codeOf(deliveryId));
    for (const login of [
      person.username,
      person.username.toUpperCase(),
      person.email,
      ` ${person.email.toUpperCase()} `,
    ]) {
      const { session } = await signIn(services, { login, password: person.password });
      expect(session.identity).toMatchObject({ userId: user.id, scope: "full" });
    }
  });

  test("ASVS 2.3.1: before confirming opens the claim only, by username", async () => {
    const person = someone();
    await registerUser(services, person);
    const { session } = await signIn(services, { login: person.username, password: person.password });
    expect(session.identity.scope).toBe("claim");
    await expect(signIn(services, { login: person.email, password: person.password })).rejects.toMatchObject({
      code: "bad_credentials",
    });
  });

  test("ASVS 6.3.8: says the same for an unknown name and a wrong password", async () => {
    const person = someone();
    await registerUser(services, person);
    const said = async (login: string, password: string) =>
      signIn(services, { login, password }).then(
        () => "signed in",
        (error: DomainError) => `${error.code}: ${error.message}`,
      );
    expect(await said(person.username, "wrong password")).toBe(await said("nobody-at-all", "wrong password"));
  });
});
