import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { changeAddress } from "@/domain/address-change";
import { confirmEmail } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { deleteAccount, erasePerson, findPerson, isKnown } from "@/domain/erasure";
import { applyProviderEvent } from "@/domain/provider-events";
import { registerOnce } from "@/domain/register-once";
import { registerUser } from "@/domain/registration";
import { signIn } from "@/domain/sign-in";
import { authenticateAccessToken } from "@/domain/tokens";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const services = useTestServices(useTestDatabase());
beforeEach(() => {
  services.settings.rateLimits = true;
});

/** Tables of any schema with a row that holds one of these texts anywhere. */
async function findTablesWith(...texts: string[]): Promise<string[]> {
  const tables = await services.db.execute<{ schema: string; name: string }>(
    sql`select table_schema as schema, table_name as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { schema, name } of tables)
    for (const text of texts) {
      const [row] = await services.db.execute(
        sql`select 1 from ${sql.identifier(schema)}.${sql.identifier(name)} t where position(${text} in t::text) > 0 limit 1`,
      );
      if (row) found.push(name);
    }
  // What waits there is for the engine (tests/integration/inngest/forget.test.ts).
  return [...new Set(found)].filter((name) => name !== "forgotten_ids").sort();
}

/** An account with a past: a mail that was complained about, tries to sign in, a stranger's claim on its address. */
async function somebodyWithAPast() {
  const person = someone();
  const network = "203.0.113.9";
  const { user, deliveryId } = await registerUser(services, { ...person, network });
  await attemptDelivery(services, deliveryId);
  const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId), { network });
  const [handed] = services.transport.handed.filter(({ to }) => to === person.email);
  if (!handed) throw new Error("no mail was handed over");
  await applyProviderEvent(services, {
    id: `event-${user.id}`,
    type: "complained",
    providerMessageId: "unknown",
    deliveryId,
    isPermanent: true,
    text: `${person.email} does not want this`,
  });
  await signIn(services, { login: person.email, password: "wrong" }).catch(() => {});
  await signIn(services, { login: person.username, password: "wrong" }).catch(() => {});
  const stranger = await registerUser(services, {
    ...someone({ email: person.email }),
    network: "203.0.113.10",
  });
  return { person, user, session, strangerId: stranger.user.id };
}

/** An account whose person had registered twice before, with a mistyped address, in the same browser. */
async function somebodyWhoMendedTheirAddress() {
  const person = { ...someone(), network: "203.0.113.20" };
  const { email: other } = someone();
  const first = await registerUser(services, { ...person, email: other });
  const second = await registerOnce(
    services,
    { ...person, email: other, password: "any other password" },
    first.session.identity,
  );
  const third = await registerOnce(services, person, second.session.identity);
  const { session } = await confirmEmail(services, third.user.id, await codeOf(services, third.deliveryId));
  return { person, other, session, replaced: [first.user.id, second.user.id] };
}

/** Two of the three claims that a network may have on an address in an hour are there. */
async function expectToCount(email: string): Promise<void> {
  const again = () => registerUser(services, { ...someone({ email }), network: "203.0.113.20" });
  await again();
  await expect(again()).rejects.toMatchObject({ code: "address_limit" });
}

describe("erasing a person", () => {
  test("leaves no row with their address, their name or their id in any table", async () => {
    const { person, user, strangerId } = await somebodyWithAPast();
    const traces = [person.email, person.username, user.id, strangerId];
    expect(await findTablesWith(...traces)).toEqual(
      expect.arrayContaining(["audit_log", "deliveries", "outbox", "sessions", "suppressions", "users"]),
    );
    const found = await findPerson(services, person.email);
    expect(found).toMatchObject({ accounts: 1, claims: 1, deliveries: 3, suppressions: 1 });
    expect(await erasePerson(services, person.email)).toEqual(found);
    expect(await findTablesWith(...traces)).toEqual([]);
    expect(isKnown(await findPerson(services, person.email))).toBe(false);
    // It is an address like any other again.
    await expect(registerUser(services, person)).resolves.toBeDefined();
  });

  test("leaves everybody else's rows as they were", async () => {
    const other = await somebodyWithAPast();
    const rowsOf = (id: string) =>
      services.db.execute(sql`select u.*, (select count(*) from deliveries d where d.user_id = u.id) as mails,
        (select count(*) from audit_log a where a.user_id = u.id) as audit from users u where id = ${id}`);
    const before = await rowsOf(other.user.id);
    const { person } = await somebodyWithAPast();
    await erasePerson(services, person.email);
    expect(await rowsOf(other.user.id)).toEqual(before);
  });

  test("removes what was sent to an address by mistake, and not the claim that has moved on", async () => {
    const typed = someone();
    const { user, deliveryId } = await registerUser(services, typed);
    await attemptDelivery(services, deliveryId);
    const right = `right-${typed.email}`;
    await changeAddress(services, user.id, right);
    expect(await findPerson(services, typed.email)).toMatchObject({ accounts: 0, claims: 0, deliveries: 1 });
    await erasePerson(services, typed.email);
    expect(await findPerson(services, right)).toMatchObject({ claims: 1, deliveries: 1 });
    expect(await findTablesWith(`"${typed.email}"`, `,${typed.email},`)).toEqual([]);
  });

  test("takes the claims along that they gave up for another one, and leaves what counts about other addresses", async () => {
    const { person, other, replaced } = await somebodyWhoMendedTheirAddress();
    const found = await findPerson(services, person.email);
    expect(found).toMatchObject({ accounts: 1, claims: 2 });
    expect(await erasePerson(services, person.email)).toEqual(found);
    expect(await findTablesWith(person.email, other, ...replaced)).toEqual([]);
    await expectToCount(other);
  });

  test("in the middle of a mail breaks nothing: the hand-over ends, and writes nothing down", async () => {
    const person = someone();
    const { deliveryId } = await registerUser(services, person);
    services.transport.answer(async () => {
      await erasePerson(services, person.email);
      return { outcome: "accepted", providerMessageId: "late" };
    });
    await attemptDelivery(services, deliveryId);
    expect(await findTablesWith(person.email, person.username, deliveryId)).toEqual([]);
  });

  test("is written down as an operator's act, about nobody, and only when there was somebody", async () => {
    const rows = () =>
      services.db.execute(
        sql`select actor, user_id, details from audit_log where type = 'person_erased' order by id`,
      );
    const before = (await rows()).length;
    await erasePerson(services, "nobody-at-all@example.com");
    expect(await rows()).toHaveLength(before);
    const { person } = await somebodyWithAPast();
    await erasePerson(services, person.email);
    expect((await rows()).at(-1)).toEqual({
      actor: "operator",
      user_id: null,
      details: { users: 2, deliveries: 3 },
    });
  });
});

describe("deleting one's own account", () => {
  test("ASVS 7.4.2, 7.5.3: takes the password, ends every session, and keeps only audit rows that are about nobody", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    await expect(deleteAccount(services, session.identity, { password: "wrong" })).rejects.toMatchObject({
      code: "invalid_input",
      details: { fields: [{ field: "password", code: "wrong_password" }] },
    });
    await expect(authenticateAccessToken(services, session.tokens.access_token)).resolves.toBeDefined();

    await deleteAccount(services, session.identity, { password: person.password });
    await expect(authenticateAccessToken(services, session.tokens.access_token)).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect(await findTablesWith(person.email, person.username, user.id)).toEqual([]);
    const [row] = await services.db.execute(
      sql`select type, user_id from audit_log where type = 'account_deleted' order by id desc limit 1`,
    );
    expect(row).toEqual({ type: "account_deleted", user_id: null });
    await expect(
      deleteAccount(services, session.identity, { password: person.password }),
    ).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("takes the claims along that were given up for it, and makes no room on their addresses", async () => {
    const { person, other, session, replaced } = await somebodyWhoMendedTheirAddress();
    await deleteAccount(services, session.identity, { password: person.password });
    expect(await findTablesWith(person.email, other)).toEqual([]);
    expect(await findTablesWith(...replaced)).toEqual([]);
    await expectToCount(other);
  });

  test("cannot be used to guess its password", async () => {
    const person = someone();
    const { user, deliveryId } = await registerUser(services, person);
    const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    const codes: string[] = [];
    for (let guess = 0; guess < 7; guess++)
      await deleteAccount(services, session.identity, { password: `guess ${guess}` }).catch((error) =>
        codes.push(error.code),
      );
    expect(codes).toEqual([
      ...Array.from({ length: 5 }, () => "invalid_input"),
      "sign_in_limit",
      "sign_in_limit",
    ]);
  });
});
