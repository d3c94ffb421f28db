// The database goes away and comes back: nobody waits for ever, and the pool is as good as new.
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DatabaseClient, isDatabaseAway, openDatabase } from "@/db/client";
import { type Notifications, openNotifications } from "@/db/notifications";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";
import { openTcpGate, type TcpGate } from "@/tests/support/tcp-gate";

const silent = { info: () => {}, warn: () => {} };
let database: TestDatabase;
let gate: TcpGate;
let client: DatabaseClient;
let notifications: Notifications;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const target = new URL(database.url);
  gate = await openTcpGate({ host: target.hostname, port: Number(target.port) });
  target.host = `127.0.0.1:${gate.port}`;
  client = openDatabase(target.href, 4);
  notifications = openNotifications(target.href, silent, {
    onLost: () => client.renew(0),
    answerWithinMs: 1_000,
  });
});
afterEach(async () => {
  await notifications.close();
  await gate.close();
  await client.close();
});

const ask = () => client.db.execute(sql`select 1 as one`);
const askAtOnce = (count: number) => Promise.allSettled(Array.from({ length: count }, ask));
const allAway = (results: PromiseSettledResult<unknown>[]) =>
  results.every((result) => result.status === "rejected" && isDatabaseAway(result.reason));

describe("a database that refuses connections", () => {
  test("fails every query at once as away, and answers the first query after its return", async () => {
    await askAtOnce(8);
    await gate.refuse();
    for (let round = 0; round < 5; round++) expect(allAway(await askAtOnce(8))).toBe(true);
    await gate.open();
    await expect.poll(async () => (await askAtOnce(1))[0]?.status).toBe("fulfilled");
    const results = await askAtOnce(8);
    expect(results.map((result) => result.status)).toEqual(Array.from({ length: 8 }, () => "fulfilled"));
  });

  test("that goes in the middle of statements fails them as away, and not one place of the pool stays broken", async () => {
    for (let round = 0; round < 5; round++) {
      const slow = Promise.allSettled(
        Array.from({ length: 3 }, () => client.db.execute(sql`select pg_sleep(30)`)),
      );
      await ask();
      await gate.refuse();
      expect(allAway(await slow)).toBe(true);
      await gate.open();
      await expect
        .poll(async () => (await askAtOnce(8)).every(({ status }) => status === "fulfilled"))
        .toBe(true);
    }
  });
});

describe("a database that says nothing any more", () => {
  test("fails what waits for it, and answers after its return", async () => {
    let heard = 0;
    notifications.onOutbox(() => heard++);
    await expect.poll(() => heard).toBe(1);
    await askAtOnce(4);
    gate.silence();
    // Longer than the listening connection takes to notice: otherwise these would wait until TCP gives up.
    expect(allAway(await askAtOnce(4))).toBe(true);
    await expect(client.probe(200)).rejects.toThrow();
    await gate.open();
    await expect.poll(async () => (await askAtOnce(1))[0]?.status, { timeout: 15_000 }).toBe("fulfilled");
    await expect.poll(() => heard, { timeout: 15_000 }).toBeGreaterThan(1);
    await client.probe(1_000);
  });

  test("keeps nobody waiting longer than a few seconds, and what they asked for does not become true afterwards", async () => {
    await client.db.execute(sql`create table if not exists written (what text)`);
    let isThawed = false;
    let ended: Promise<unknown> = Promise.resolve();
    const since = performance.now();
    const asked = client.within(() => {
      ended = client.db.transaction(async (tx) => {
        gate.silence();
        await tx.execute(sql`insert into written values ('late')`);
        isThawed = true;
      });
      return ended;
    });
    const error = await asked.catch((thrown: unknown) => thrown);
    expect(isDatabaseAway(error)).toBe(true);
    expect(performance.now() - since).toBeLessThan(5_000);
    gate.thaw();
    await expect(ended).rejects.toThrow("has not answered");
    expect(isThawed).toBe(true);
    expect(await client.db.execute(sql`select * from written`)).toHaveLength(0);
  });

  test("that is only slow is waited for", async () => {
    const slow = client.within(() => client.db.execute(sql`select pg_sleep(1.5)`));
    await expect(slow).resolves.toBeDefined();
  });

  test("leaves alone what goes on after somebody was answered", async () => {
    let later: Promise<unknown> = Promise.resolve();
    await client.within(async () => {
      later = (async () => {
        await ask();
        return client.db.transaction((tx) => tx.execute(sql`select 2 as two`));
      })();
    });
    expect(await later).toMatchObject([{ two: 2 }]);
  });
});
