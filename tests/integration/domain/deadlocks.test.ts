// Claims that cross each other's addresses, and transactions that Postgres ends so that another one can go on (SQLSTATE
// 40P01): nobody who did nothing wrong is sent away, and nothing is done twice.
import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditLog, deliveries, outbox, rateLimits, users } from "@/db/schema";
import { changeAddress } from "@/domain/address-change";
import { deriveCode } from "@/domain/confirmation-code";
import { deriveLink } from "@/domain/confirmation-link";
import { confirmEmail, requestAnotherCode } from "@/domain/email-confirmation";
import { DomainError } from "@/domain/errors";
import { confirmByLink } from "@/domain/link-confirmation";
import { disownClaim } from "@/domain/mail-stop";
import { signNotMe } from "@/domain/not-me-link";
import { changePassword } from "@/domain/password-change";
import { registerUser } from "@/domain/registration";
import { endOneSession, endOtherSessions } from "@/domain/sessions";
import { signIn } from "@/domain/sign-in";
import { endSession } from "@/domain/tokens";
import { createTestServices, someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const database = useTestDatabase();
const services = useTestServices(database);

describe("claims that cross each other's addresses", () => {
  /** The first claim on `b` moves to `a` and away again, one on `a` moves to `b`, and strangers register with both. */
  async function cross(): Promise<PromiseSettledResult<unknown>[]> {
    const [a, b, c] = [someone().email, someone().email, someone().email];
    const register = (email: string) => registerUser(services, someone({ email }));
    const first = await register(b);
    services.pass(1);
    const [second] = [await register(a), await register(a), await register(b), await register(b)];
    return Promise.allSettled([
      changeAddress(services, first.user.id, a),
      changeAddress(services, first.user.id, c),
      changeAddress(services, second.user.id, b),
      register(a),
      register(b),
    ]);
  }

  test("are settled one after another, and whoever registers meanwhile is let in", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 3; round++) {
      const results = await Promise.all([cross(), cross(), cross()]);
      for (const [toA, toC, toB, ...strangers] of results) {
        expect(strangers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
        // One that ended because another one took its place is told so.
        for (const change of [toA, toC, toB])
          if (change?.status === "rejected") expect(change.reason).toBeInstanceOf(DomainError);
      }
    }
    const [row] = await services.db.execute<{ deadlocks: number }>(
      sql`select deadlocks::int from pg_stat_database where datname = current_database()`,
    );
    expect(row?.deadlocks).toBe(0);
  });
});

describe("a transaction that Postgres ended so that another one could go on", () => {
  /** So many audit rows, which are written late, meet a deadlock. A sequence counts: nothing rolls it back. */
  const endNext = (times: number) =>
    services.db.execute(sql`select setval('deadlocks_left', ${times + 1}::bigint)`);

  beforeAll(async () => {
    const setUp = createTestServices(database.url);
    await setUp.db.execute(
      sql`create sequence deadlocks_left increment -1 minvalue -1000000 maxvalue 1000 start 1`,
    );
    await setUp.db.execute(sql`create function meet_deadlock() returns trigger language plpgsql as $$ begin
      if nextval('deadlocks_left') > 0 then raise exception 'deadlock detected' using errcode = '40P01'; end if;
      return new; end $$`);
    await setUp.db.execute(
      sql`create trigger meet_deadlock before insert on audit_log for each row execute function meet_deadlock()`,
    );
    await setUp.close();
  });
  beforeEach(async () => {
    await endNext(0);
    services.settings.rateLimits = true;
    await services.db.delete(rateLimits);
  });

  const elsewhere = { sessionId: randomUUID(), scope: "claim" } as const;
  const client = { network: "192.0.2.1", device: null };
  async function claim() {
    const { user, deliveryId, session } = await registerUser(services, someone());
    const delivery = await services.db.query.deliveries.findFirst({ where: sql`id = ${deliveryId}` });
    if (!delivery?.codeId) throw new Error("There is no such delivery with a code");
    services.pass(61);
    return { user, codeId: delivery.codeId, identity: session.identity };
  }
  type Claim = Awaited<ReturnType<typeof claim>>;

  const count = async () => ({
    users: await services.db.$count(users),
    mails: await services.db.$count(deliveries),
    events: await services.db.$count(outbox),
    audit: await services.db.$count(auditLog),
    hits: (await services.db.select({ hits: rateLimits.hits }).from(rateLimits)).flatMap(({ hits }) => hits)
      .length,
  });
  type Counts = Awaited<ReturnType<typeof count>>;

  const CASES: [string, (claim: Claim) => Promise<unknown>][] = [
    ["registering", () => registerUser(services, someone())],
    ["changing the address", ({ user }) => changeAddress(services, user.id, someone().email)],
    ["asking for another code", ({ user }) => requestAnotherCode(services, user.id)],
    [
      "confirming by the code",
      ({ user, codeId }) => confirmEmail(services, user.id, deriveCode(services.keys, codeId), client),
    ],
    [
      "confirming by the link",
      ({ codeId }) => confirmByLink(services, deriveLink(services.keys, codeId), { asker: null, client }),
    ],
    [
      "signing in",
      ({ user }) => signIn(services, { ...client, login: user.username, password: someone().password }),
    ],
    ["signing out", ({ identity }) => endSession(services, identity.sessionId)],
    [
      "signing out everywhere else",
      ({ user }) => endOtherSessions(services, { ...elsewhere, userId: user.id }),
    ],
    ["ending a session of the list", ({ identity }) => endOneSession(services, identity, identity.sessionId)],
    [
      "changing the password",
      ({ identity }) =>
        changePassword(services, identity, {
          ...client,
          current: someone().password,
          next: "quite another one",
        }),
    ],
    ["saying that it was somebody else", ({ user }) => disownClaim(services, linkOf(user), client)],
  ];
  const linkOf = (user: Claim["user"]) =>
    signNotMe(services.keys, { userId: user.id, email: user.email }, services.clock());

  const difference = (before: Counts, after: Counts): Counts => ({
    users: after.users - before.users,
    mails: after.mails - before.mails,
    events: after.events - before.events,
    audit: after.audit - before.audit,
    hits: after.hits - before.hits,
  });
  async function doOnce(work: (claim: Claim) => Promise<unknown>, deadlocks: number): Promise<Counts> {
    const mine = await claim();
    // Windows that end meanwhile drop what they held.
    await services.db.delete(rateLimits);
    const before = await count();
    await endNext(deadlocks);
    await work(mine);
    await endNext(0);
    return difference(before, await count());
  }

  test.each(CASES)(
    "is begun anew: %s does the same as without a deadlock, and nothing twice",
    async (_, work) => {
      const calm = await doOnce(work, 0);
      expect(calm.audit).toBe(1);
      expect(await doOnce(work, 2)).toEqual(calm);
    },
  );

  test.each(CASES)(
    "is given up when it happens again and again, and nothing is left of %s",
    async (_, work) => {
      const mine = await claim();
      const before = await count();
      await endNext(100);
      await expect(work(mine)).rejects.toMatchObject({ cause: expect.objectContaining({ code: "40P01" }) });
      await endNext(0);
      expect(difference(before, await count())).toMatchObject({ users: 0, mails: 0, events: 0, audit: 0 });
    },
  );
});
