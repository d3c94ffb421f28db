// What a page is told of the database before it is made (proxy.ts).
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { isDatabaseThere } from "@/app/_http/database-there";
import { openDatabase } from "@/db/client";
import { openTcpGate } from "@/tests/support/tcp-gate";
import { useTestDatabase } from "@/tests/support/use-services";

const database = useTestDatabase();

function open(url: string, poolSize: number) {
  const client = openDatabase(url, poolSize);
  onTestFinished(() => client.close());
  return client;
}

test("that it is there, when every connection is busy for seconds", async () => {
  const client = open(database.url, 1);
  const watcher = open(database.url, 1);
  let free: () => void = () => {};
  const busy = client.db.transaction(async (tx) => {
    await tx.execute(sql`select 1`);
    await new Promise<void>((resolve) => {
      free = resolve;
    });
  });
  let answer: boolean | null = null;
  const asking = isDatabaseThere(client).then((isThere) => {
    answer = isThere;
  });
  // Asked once a second whether it is there at all, over a connection of its own.
  const asked = new Set<string>();
  await expect
    .poll(
      async () => {
        const rows = await watcher.db.execute<{
          at: string;
        }>(sql`select query_start::text as at from pg_stat_activity
          where application_name = 'latchkey-pulse' and datname = current_database() and query_start is not null`);
        for (const { at } of rows) asked.add(at);
        return answer ?? asked.size >= 3;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  expect(answer).toBeNull();
  free();
  await asking;
  expect(answer).toBe(true);
  await busy;
});

test("that it is away, when it refuses or is silent", async () => {
  const target = new URL(database.url);
  const gate = await openTcpGate({ host: target.hostname, port: Number(target.port) });
  onTestFinished(() => gate.close());
  target.host = `127.0.0.1:${gate.port}`;
  const client = open(target.href, 2);
  expect(await isDatabaseThere(client)).toBe(true);
  gate.silence();
  expect(await isDatabaseThere(client)).toBe(false);
  await gate.refuse();
  expect(await isDatabaseThere(client)).toBe(false);
  await gate.open();
  await expect.poll(() => isDatabaseThere(client), { timeout: 20_000 }).toBe(true);
});
