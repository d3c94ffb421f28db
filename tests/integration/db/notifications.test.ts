import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Notifications, openNotifications } from "@/db/notifications";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";

const USER = "6a2f3c1e-6c52-4c0e-9a53-0d8f3a6b1c11";
const silent = { info: () => {}, warn: () => {} };
let database: TestDatabase;
let sql: postgres.Sql;
let notifications: Notifications;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(() => {
  notifications = openNotifications(database.url, silent);
  return () => notifications.close();
});

describe("listening for changes (P8)", () => {
  test("tells the pages of one user, and nobody else", async () => {
    const heard: string[] = [];
    notifications.onConfirmation(USER, () => heard.push("own"));
    notifications.onConfirmation("somebody-else", () => heard.push("other"));
    // Both hear once that listening has begun: nobody knows what was missed before.
    await expect.poll(() => heard.sort().join()).toBe("other,own");
    await sql.notify("confirmation", USER);
    await expect.poll(() => heard.filter((who) => who === "own").length).toBe(2);
    expect(heard.filter((who) => who === "other")).toHaveLength(1);
  });

  test("goes on by itself when the server ends its connections, and tells everybody that something may be missed", async () => {
    let heard = 0;
    notifications.onConfirmation(USER, () => heard++);
    await expect.poll(() => heard).toBe(1);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'latchkey-listen' and datname = current_database()`;
    // Lost for at most one check; then there is a new connection, and news comes through again.
    await expect.poll(() => heard, { timeout: 20_000 }).toBeGreaterThan(1);
    const before = heard;
    await expect
      .poll(
        async () => {
          await sql.notify("confirmation", USER);
          return heard;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(before);
  });

  test("lets pages go when the process ends", async () => {
    let closed = 0;
    notifications.onClose(() => closed++);
    await notifications.close();
    expect(closed).toBe(1);
  });

  test("lets a page go that was being opened when the process began to end, unless it has gone by itself", async () => {
    await notifications.close();
    const letGo: string[] = [];
    notifications.onClose(() => letGo.push("late"));
    notifications.onClose(() => letGo.push("gone"))();
    expect(letGo).toEqual([]);
    await Promise.resolve();
    expect(letGo).toEqual(["late"]);
  });
});
