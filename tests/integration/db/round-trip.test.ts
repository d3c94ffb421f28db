// Statements as they reach a real server: prepared once, and those that are sent together in the order of the list.
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DatabaseClient, openDatabase } from "@/db/client";
import { inOneRoundTrip } from "@/db/round-trip";
import { deliveries, suppressions } from "@/db/schema";
import { createTestDatabase } from "@/tests/support/database";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: DatabaseClient;

beforeAll(async () => {
  database = await createTestDatabase();
  client = openDatabase(database.url, 1);
  await client.db.execute(sql`create sequence order_of_statements`);
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

const next = sql<string>`nextval('order_of_statements')`;

test("what is sent together is done in the order of the list, whatever kinds of statement stand in it, new or known", async () => {
  for (const round of [0, 1, 2]) {
    const marks = await client.db.transaction(async (tx) => {
      const email = `someone-${round}@example.com`;
      const row = { email, reason: next, createdAt: new Date() };
      const reasons = { reason: suppressions.reason };
      const withTwo = async () => {
        const first = await tx.select({ mark: next }).from(sql`(values (1)) as one`);
        await tx.select({ mark: next }).from(sql`(values (1)) as one`);
        return first;
      };
      return inOneRoundTrip([
        async () => [...(await tx.execute<{ mark: string }>(sql`select ${next} as mark`))],
        () => tx.insert(suppressions).values(row).returning(reasons),
        () => tx.select({ mark: next }).from(sql`(values (1)) as one`),
        () => tx.update(suppressions).set({ reason: next }).where(sql`email = ${email}`).returning(reasons),
        () => withTwo(),
        async () => [
          await tx.query.suppressions.findFirst({
            extras: { mark: next.as("mark") },
            where: sql`email = ${email}`,
          }),
        ],
        () => tx.delete(suppressions).where(sql`email = ${email}`).returning({ mark: next }),
      ]);
    });
    const order = marks.map(([row]) => Number(row && ("mark" in row ? row.mark : row.reason)));
    expect(order).toEqual(order.map((_, index) => (order[0] ?? Number.NaN) + index));
  }
});

test("the first in the list that fails is told of, and nothing is under way any more then", async () => {
  let isLateDone = false;
  const late = async (tx: Parameters<Parameters<typeof client.db.transaction>[0]>[0]) => {
    await tx.execute(sql`select 1`).catch(() => {});
    await tx.execute(sql`select pg_sleep(0)`).catch(() => {});
    isLateDone = true;
  };
  const failing = client.db.transaction((tx) =>
    inOneRoundTrip([
      () => tx.execute(sql`select 'first' from pg_no_such_table`),
      () => tx.execute(sql`select 'second' from pg_no_other_table`),
      () => late(tx),
    ]),
  );
  await expect(failing).rejects.toMatchObject({
    cause: expect.objectContaining({ message: expect.stringContaining("pg_no_such_table") }),
  });
  expect(isLateDone).toBe(true);
  expect(await client.db.select().from(suppressions)).toEqual([]);
});

test("what failed only because another one had failed before is not what is told of", async () => {
  const failing = client.db.transaction((tx) =>
    inOneRoundTrip([
      async () => {
        await tx.execute(sql`select 1`);
        await tx.execute(sql`select 'a consequence'`);
      },
      () => tx.execute(sql`select 'the cause' from pg_no_such_table`),
    ]),
  );
  await expect(failing).rejects.toMatchObject({
    cause: expect.objectContaining({ message: expect.stringContaining("pg_no_such_table") }),
  });
});

test("a statement is prepared once on a connection, inside of transactions and outside", async () => {
  const find = (db: Pick<typeof client.db, "select">, id: string) =>
    db.select({ id: deliveries.id }).from(deliveries).where(sql`${deliveries.id} = ${id}::uuid`);
  const id = "00000000-0000-4000-8000-000000000000";
  for (let times = 0; times < 3; times++) {
    await find(client.db, id);
    await client.db.transaction(async (tx) => find(tx, id));
  }
  const prepared = await client.db.execute(sql`select statement, generic_plans + custom_plans as used
    from pg_prepared_statements where statement like '%from "deliveries" where %'`);
  expect([...prepared]).toEqual([expect.objectContaining({ used: "6" })]);
});
