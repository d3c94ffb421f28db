// What Intercom is told, over HTTP, by a server that speaks its API.
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { outbox } from "@/db/schema";
import { confirmEmail } from "@/domain/email-confirmation";
import { deleteAccount, erasePerson, findPerson } from "@/domain/erasure";
import { USER_CONFIRMED, USER_ERASED } from "@/domain/events";
import { createIntercom, type Intercom, IntercomError } from "@/domain/intercom";
import { eraseFromIntercom, syncUserToIntercom } from "@/domain/intercom-sync";
import { registerUser } from "@/domain/registration";
import { codeOf } from "@/tests/support/codes";
import { type FakeIntercom, failing, rateLimited, startIntercom } from "@/tests/support/intercom";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";
import { closedPort, startHttp } from "../emails/scripted-servers";

const services = useTestServices(useTestDatabase());
let server: FakeIntercom;
let intercom: Intercom;
beforeEach(async () => {
  server = await startIntercom();
  intercom = createIntercom({ token: server.token, baseUrl: server.url, clock: services.clock });
  await services.db.delete(outbox);
});

async function confirmed() {
  const person = someone();
  const { user, deliveryId } = await registerUser(services, person);
  const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId));
  return { person, userId: user.id, identity: session.identity };
}

const calls = () =>
  server.requests.map(({ method, url }) => `${method} ${url.replace(/[0-9a-f]{24}|[0-9a-f-]{36}/, "…")}`);
const only = () => {
  const [contact, ...rest] = server.contacts.values();
  expect(rest).toEqual([]);
  return contact;
};
/** The error of a call that must fail. */
async function errorOf(work: Promise<unknown>): Promise<IntercomError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof IntercomError)) throw new Error(`No IntercomError, but ${error}`);
  return error;
}
const eventsNamed = async (name: string) => services.db.select().from(outbox).where(eq(outbox.name, name));

describe("an account that was confirmed", () => {
  test("is announced in the transaction that confirms it, by its id and nothing else", async () => {
    const { userId } = await confirmed();
    expect((await eventsNamed(USER_CONFIRMED)).map(({ data }) => data)).toEqual([{ userId }]);
  });

  test("becomes a contact with its id, address, name and since when, and no more", async () => {
    const { person, userId } = await confirmed();
    expect(await syncUserToIntercom(services, intercom, userId)).toEqual({ outcome: "saved" });
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "intercom-version": "2.14",
    });
    expect(JSON.parse(request?.body ?? "")).toEqual({
      role: "user",
      external_id: userId,
      email: person.email,
      name: person.username,
      signed_up_at: expect.any(Number),
    });
    expect(only()).toMatchObject({ external_id: userId, email: person.email });
  });

  test("is updated, not made twice, when it is done again, also if the first answer was lost", async () => {
    const { userId } = await confirmed();
    await syncUserToIntercom(services, intercom, userId);
    await syncUserToIntercom(services, intercom, userId);
    // As if the process had died before it wrote down Intercom's id.
    await services.db.execute(sql`update intercom_contacts set contact_id = null`);
    await syncUserToIntercom(services, intercom, userId);
    expect(calls()).toEqual(["POST /contacts", "PUT /contacts/…", "POST /contacts", "PUT /contacts/…"]);
    expect(only()).toMatchObject({ external_id: userId });
  });

  test("takes over the contact that somebody at the workspace has made of the address", async () => {
    const { person, userId } = await confirmed();
    const known = server.add({ email: person.email });
    await syncUserToIntercom(services, intercom, userId);
    expect(only()).toMatchObject({ id: known.id, external_id: userId, name: person.username });
  });

  test("brings an archived contact of it back", async () => {
    const { userId } = await confirmed();
    const known = server.add({ external_id: userId, archived: true });
    await syncUserToIntercom(services, intercom, userId);
    expect(calls()).toEqual(["POST /contacts", "POST /contacts/…/unarchive", "PUT /contacts/…"]);
    expect(only()).toMatchObject({ id: known.id, archived: false });
  });

  test("is made anew when somebody has deleted its contact over there", async () => {
    const { userId } = await confirmed();
    await syncUserToIntercom(services, intercom, userId);
    server.contacts.clear();
    await syncUserToIntercom(services, intercom, userId);
    expect(only()).toMatchObject({ external_id: userId });
  });
});

describe("an Intercom that does not take it", () => {
  const save = () =>
    errorOf(
      intercom.saveContact(
        {
          userId: "6f1d7a3e-0000-4000-8000-000000000000",
          email: "ada@example.com",
          name: "ada",
          signedUpAt: new Date(),
        },
        null,
      ),
    );

  test("because there were too many calls says when to come back, and is believed up to an hour", async () => {
    const inSeconds = (seconds: number) =>
      new Date((Math.floor(services.clock().getTime() / 1000) + seconds) * 1000);
    const reset = inSeconds(37);
    server.answer(rateLimited(reset));
    expect((await save()).facts).toEqual({ status: 429, isFinal: false, retryAt: reset });
    server.answer(
      rateLimited(inSeconds(-5)),
      rateLimited(inSeconds(86_400)),
      failing(429, "rate_limit_exceeded"),
    );
    const waits: number[] = [];
    for (let n = 0; n < 3; n++)
      waits.push(((await save()).facts.retryAt?.getTime() ?? 0) - services.clock().getTime());
    expect(waits).toEqual([1_000, 3_600_000, 60_000]);
  });

  test("because it is broken, slow to settle or our token is wrong may take it later; what it refuses, never", async () => {
    server.answer(
      failing(500, "server_error"),
      failing(503, "service_unavailable"),
      failing(401, "unauthorized"),
    );
    for (let n = 0; n < 3; n++) expect((await save()).facts).toMatchObject({ isFinal: false, retryAt: null });
    server.answer(failing(400, "parameter_invalid"), failing(422, "data_invalid"));
    for (let n = 0; n < 2; n++) expect((await save()).facts).toMatchObject({ isFinal: true });
  });

  test("never has its words, which may hold the address, in an error", async () => {
    server.answer(failing(422, "data_invalid"));
    const error = await save();
    expect(error.message).toBe("Intercom, POST /contacts: 422 data_invalid");
    expect(error.stack).not.toContain("ada@example.com");
  });

  test("because it sends us elsewhere does not get our token there", async () => {
    const elsewhere = await startHttp((_request, response) => response.end("{}"));
    server.answer((response) => void response.writeHead(307, { location: elsewhere.url }).end());
    expect((await save()).facts).toMatchObject({ status: 307, isFinal: true });
    expect(elsewhere.requests).toEqual([]);
  });

  test("because nobody is there, the connection breaks, or the answer is nonsense may take it later", async () => {
    const nowhere = createIntercom({
      token: server.token,
      baseUrl: `http://127.0.0.1:${await closedPort()}`,
      clock: services.clock,
    });
    const gone = await errorOf(nowhere.eraseContact({ userId: "x", contactId: "abc" }));
    expect(gone.facts).toEqual({ status: null, isFinal: false, retryAt: null });
    server.answer(
      (response) => void response.socket?.destroy(),
      (response) => void response.end("<html>"),
      (response) => void response.end("x".repeat(300_000)),
    );
    for (let n = 0; n < 3; n++) expect((await save()).facts).toMatchObject({ isFinal: false });
  });
});

describe("a person who goes", () => {
  async function synced() {
    const made = await confirmed();
    await syncUserToIntercom(services, intercom, made.userId);
    return made;
  }
  /** Does what the engine would. */
  async function eraseElsewhere() {
    const events = await eventsNamed(USER_ERASED);
    for (const { id, data } of events)
      await eraseFromIntercom(services, intercom, data as { userId: string; contactId: string | null }, id);
    return events.length;
  }

  test.each(["by an operator's erase", "by deleting the account"])(
    "%s is deleted there too, and no id is left here",
    async (how) => {
      const { person, userId, identity } = await synced();
      expect(await findPerson(services, person.email)).toMatchObject({ intercom_contacts: 1 });
      if (how === "by deleting the account")
        await deleteAccount(services, identity, { password: person.password });
      else await erasePerson(services, person.email);
      expect(await eraseElsewhere()).toBe(1);
      expect(server.contacts.size).toBe(0);
      const [left] = await services.db.execute(
        sql`select 1 from outbox where data::text like ${`%${userId}%`} union all select 1 from intercom_contacts where user_id = ${userId}`,
      );
      expect(left).toBeUndefined();
      // Once more, as an engine may do it.
      await intercom.eraseContact({ userId, contactId: "0123456789abcdef01234567" });
    },
  );

  test("and was never told of needs nothing to be done elsewhere", async () => {
    const { person } = await confirmed();
    await erasePerson(services, person.email);
    expect(await eraseElsewhere()).toBe(0);
  });

  test("while Intercom is being told of them leaves no contact, whoever comes last", async () => {
    const { person, userId } = await confirmed();
    const slow: Intercom = {
      ...intercom,
      async saveContact(...given) {
        await erasePerson(services, person.email);
        await eraseElsewhere();
        return intercom.saveContact(...given);
      },
    };
    expect(await syncUserToIntercom(services, slow, userId)).toEqual({ outcome: "gone" });
    expect(server.contacts.size).toBe(0);
  });

  test("after a worker died between Intercom's answer and its own note is found by their id", async () => {
    const { person, userId } = await synced();
    await services.db.execute(sql`update intercom_contacts set contact_id = null`);
    await erasePerson(services, person.email);
    // The engine tries the worker's step again.
    expect(await syncUserToIntercom(services, intercom, userId)).toEqual({ outcome: "gone" });
    expect(server.contacts.size).toBe(0);
    expect(await eraseElsewhere()).toBe(1);
  });
});
