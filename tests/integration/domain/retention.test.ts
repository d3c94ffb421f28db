import { readFileSync } from "node:fs";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { deliveries, outbox, providerEvents, sessions, suppressions, users } from "@/db/schema";
import { confirmEmail } from "@/domain/email-confirmation";
import { attemptDelivery } from "@/domain/email-delivery";
import { applyProviderEvent } from "@/domain/provider-events";
import { registerUser } from "@/domain/registration";
import { describeRetention, purgeExpired, RETENTION } from "@/domain/retention";
import { endOtherSessions } from "@/domain/sessions";
import { codeOf } from "@/tests/support/codes";
import { someone } from "@/tests/support/services";
import { useTestDatabase, useTestServices } from "@/tests/support/use-services";

const HOUR = 3600;
const DAY = 24 * HOUR;

const services = useTestServices(useTestDatabase());
beforeEach(async () => {
  services.settings.rateLimits = true;
  await services.db.execute(
    sql`truncate users, outbox, rate_limits, audit_log, suppressions, provider_events, removed_mails cascade`,
  );
});

/** Rows of every table that holds something of a person. */
async function countRows(): Promise<Record<string, number>> {
  const tables = await services.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await services.db.execute<{ count: string }>(
      sql`select count(*) from ${sql.identifier(name)}`,
    );
    if (Number(row?.count) > 0) counts[name] = Number(row?.count);
  }
  return counts;
}

async function publishAll(): Promise<void> {
  await services.db.update(outbox).set({ publishedAt: services.clock() });
}

describe("ASVS 14.2.7: least data", () => {
  test("a claim that nobody confirmed is gone a day and an hour after its end, with all that hangs on it", async () => {
    const { deliveryId } = await registerUser(services, { ...someone(), network: "203.0.113.7" });
    await attemptDelivery(services, deliveryId);
    await publishAll();
    services.pass(DAY + DAY + HOUR - 1);
    await purgeExpired(services);
    expect(await countRows()).toMatchObject({ users: 1, deliveries: 1, delivery_attempts: 1 });
    services.pass(1);
    expect(await purgeExpired(services)).toMatchObject({ claims: 1 });
    // What remains is about nobody: ids, words and counts.
    expect(Object.keys(await countRows()).sort()).toEqual(["audit_log", "outbox", "removed_mails"]);
    services.pass(90 * DAY);
    await purgeExpired(services);
    expect(await countRows()).toEqual({});
  });

  test("an account stays; its codes, old sessions, mails, webhooks and limits go", async () => {
    const registered = await registerUser(services, { ...someone(), network: "203.0.113.7" });
    const { user, deliveryId } = registered;
    await attemptDelivery(services, deliveryId);
    await applyProviderEvent(services, {
      id: "event-1",
      type: "complained",
      providerMessageId: "provider-1",
      deliveryId,
      isPermanent: true,
      text: null,
    });
    const { session } = await confirmEmail(services, user.id, await codeOf(services, deliveryId), {
      sessionId: registered.session.identity.sessionId,
    });
    const [welcome] = await services.db.select().from(deliveries).where(eq(deliveries.kind, "welcome"));
    await attemptDelivery(services, welcome?.id ?? "");
    await publishAll();

    const left = async () => {
      await purgeExpired(services);
      return countRows();
    };
    expect(await left()).toMatchObject({ confirmation_codes: 1, sessions: 2, provider_events: 1 });
    services.pass(DAY + 1);
    const afterDay = await left();
    // The claim's session was ended by confirming.
    expect(afterDay).toMatchObject({ sessions: 1, provider_events: 1, deliveries: 2 });
    expect(afterDay.rate_limits).toBeUndefined();
    services.pass(DAY);
    expect((await left()).confirmation_codes).toBeUndefined();
    expect(await services.db.$count(sessions)).toBe(1);
    services.pass(5 * DAY);
    expect(await services.db.$count(providerEvents)).toBe(1);
    const afterWeek = await left();
    expect(afterWeek.provider_events).toBeUndefined();
    expect(afterWeek.outbox).toBeUndefined();
    expect(session.identity.userId).toBe(user.id);
    services.pass(83 * DAY);
    expect(await left()).toEqual({ users: 1, suppressions: 1 });
    services.pass(365 * DAY);
    expect(await left()).toEqual({ users: 1 });
    expect(await services.db.$count(suppressions)).toBe(0);
  });

  test("what still waits is never removed, however old", async () => {
    const { user, deliveryId } = await registerUser(services, someone());
    await confirmEmail(services, user.id, await codeOf(services, deliveryId));
    await services.db.update(deliveries).set({ status: "retrying" });
    services.pass(1_000 * DAY);
    await purgeExpired(services);
    // The mail of the code, and the one of welcome.
    expect(await services.db.$count(deliveries)).toBe(2);
    // Not published yet: the engine has not heard of them.
    expect(await services.db.$count(outbox)).toBeGreaterThan(0);
  });

  test("a great many rows go in batches, and a row that somebody holds is left for the next time", async () => {
    await services.db.execute(sql`insert into users (id, username, email, password_hash, claim_expires_at, created_at)
      select gen_random_uuid(), 'old' || n, 'old' || n || '@example.com', 'x', now() - interval '30 days', now() - interval '31 days'
      from generate_series(1, 1203) n`);
    await services.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from users where username = 'old7' for update`);
      expect(await purgeExpired(services)).toMatchObject({ claims: 1202 });
    });
    expect(await services.db.$count(users)).toBe(1);
    const both = await Promise.all([purgeExpired(services), purgeExpired(services)]);
    expect(both.map(({ claims = 0 }) => claims).sort()).toEqual([0, 1]);
  });

  test("a claim is removed without a deadlock while a worker writes down what became of its mail", async () => {
    const { deliveryId } = await registerUser(services, someone());
    services.pass(10 * DAY);
    let purge: Promise<unknown> = Promise.resolve();
    await services.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from deliveries where id = ${deliveryId} for update`);
      purge = purgeExpired(services);
      // A removal that has begun waits for us.
      await expect
        .poll(async () => {
          const waiting = await services.db.execute(
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return waiting.length;
        })
        .toBe(1);
      await tx.execute(
        sql`update delivery_attempts set provider_text = 'late' where delivery_id = ${deliveryId}`,
      );
      await tx.execute(sql`update confirmation_codes set expires_at = now()`);
    });
    expect(await purge).toMatchObject({ claims: 1 });
    expect(await services.db.$count(users)).toBe(0);
  });

  test("a session that was ended is forgotten a day later, its tokens too", async () => {
    const { session } = await registerUser(services, someone());
    await endOtherSessions(services, {
      ...session.identity,
      sessionId: "00000000-0000-4000-8000-000000000000",
    });
    expect(await services.db.$count(sessions)).toBe(1);
    services.pass(DAY);
    expect(await purgeExpired(services)).toMatchObject({ sessions: 1 });
    expect((await countRows()).refresh_tokens).toBeUndefined();
  });

  test("every table is in the list, or its rows go with one that is, or it holds nothing of anybody", async () => {
    const children = ["delivery_attempts", "intercom_contacts", "refresh_tokens", "webhook_attempts"];
    const excused = [...children, "send_pace"];
    const tables = await services.db.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const listed = describeRetention();
    const missing = tables.filter(({ name }) => !excused.includes(name) && !listed.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    const cascades = await services.db.execute<{ name: string }>(
      sql`select conrelid::regclass::text as name from pg_constraint where contype = 'f' and confdeltype = 'c'`,
    );
    expect(cascades.map(({ name }) => name)).toEqual(expect.arrayContaining(children));
  });

  test("the list in docs/security.md is the one that is kept", () => {
    const document = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
    expect(document).toContain(describeRetention());
    expect(new Set(RETENTION.map(({ what }) => what)).size).toBe(RETENTION.length);
  });
});

test("what is over after a flood is removed in one run, and by the next ones where a host gives less time", async () => {
  const flood = (rows: number) =>
    services.db.execute(sql`insert into rate_limits (key, hits, ends_at)
      select 'flood:' || i, '{}', now() - interval '1 hour' from generate_series(1, ${rows}::int) as i`);
  const left = async () => Number((await countRows()).rate_limits ?? 0);
  await flood(1_200);
  await purgeExpired(services, 0);
  expect(await left()).toBe(700);
  await purgeExpired(services);
  expect(await left()).toBe(0);
  await flood(20_600);
  expect((await purgeExpired(services)).limits).toBe(20_600);
});
