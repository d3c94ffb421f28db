// `npm run ops -- erase`, against the running product: afterwards neither the product's tables nor the engine's state
// hold anything of the person, nor an id of theirs.
import { execFile } from "node:child_process";
import path from "node:path";
import { expect, test } from "@playwright/test";
import postgres from "postgres";
import { codeIn, nextMail } from "../support/mailbox";
import { callApi, newPerson, register } from "../support/people";
import { readRunning } from "../support/running";

const ROOT = path.resolve(import.meta.dirname, "../..");

const DIR = process.env.LATCHKEY_DIR ?? ".latchkey/e2e";

type Ended = { code: number; out: string; err: string };

function runOps(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", "tsx", "cli/ops/main.ts", ...args],
      // Of this product, whatever a developer's own environment says.
      { cwd: ROOT, env: { ...process.env, LATCHKEY_DIR: DIR, DATABASE_URL: readRunning().postgres.url } },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });
}

/** `schema.table` of every table with a row that holds one of these texts anywhere. */
async function findTablesWith(sql: postgres.Sql, texts: string[]): Promise<string[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  expect(tables.map(({ schema }) => schema)).toEqual(expect.arrayContaining(["public", "inngest"]));
  const found: string[] = [];
  for (const { schema, name } of tables) {
    // Each row is made a text once, whatever is looked for in it: other tests' mails are in these tables too.
    const rows = await sql`
      select 1 from ${sql(schema)}.${sql(name)} t, lateral (select t::text as content offset 0) r
      where exists (select 1 from unnest(${texts}::text[]) wanted where position(wanted in r.content) > 0) limit 1`;
    if (rows.length > 0) found.push(`${schema}.${name}`);
  }
  return found.sort();
}

test("erase removes a person everywhere: no table holds them or an id of theirs, the engine's included", async () => {
  test.setTimeout(120_000);
  const person = newPerson();
  const registered = await register(person);
  const code = codeIn(await nextMail(person.email));
  const confirmed = await callApi("/api/v1/usr/confirm-email", {
    token: registered.access_token,
    body: { code },
  });
  const { access_token: token } = (await confirmed.json()) as { access_token: string };
  const sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  try {
    const names = [person.email, person.username];
    const mails = await sql<{ id: string }[]>`
      select id from deliveries where user_id = ${registered.user_data.id}`;
    const events = await sql<{ id: string }[]>`
      select id from outbox where data ->> 'userId' = ${registered.user_data.id}`;
    expect(mails.map(({ id }) => id)).toContain(registered.delivery.id);
    const ids = [registered.user_data.id, ...[...mails, ...events].map(({ id }) => id)];
    // The engine has run for this person, and knows ids.
    await expect
      .poll(() => findTablesWith(sql, ids))
      .toEqual(
        expect.arrayContaining(["inngest.events", "inngest.started", "public.deliveries", "public.users"]),
      );
    expect((await findTablesWith(sql, names)).filter((table) => table.startsWith("inngest."))).toEqual([]);

    const dry = await runOps("erase", person.email, "--dry-run", "--json");
    expect(dry.code, dry.err).toBe(0);
    expect(JSON.parse(dry.out)).toMatchObject({ erased: false, found: { accounts: 1, deliveries: 2 } });
    const unasked = await runOps("erase", person.email);
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain("--yes");
    expect((await callApi("/api/v1/usr/me", { token })).status).toBe(200);

    const done = await runOps("erase", ` ${person.email.toUpperCase()} `, "--yes", "--json");
    expect(done.code, done.err).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({
      email: person.email,
      erased: true,
      found: { accounts: 1 },
      engine: { kind: "forgotten", events: expect.any(Number), runs: expect.any(Number) },
    });
    expect(await findTablesWith(sql, [...names, ...ids])).toEqual([]);
    expect((await callApi("/api/v1/usr/me", { token })).status).toBe(401);

    const again = await runOps("erase", person.email, "--yes");
    expect(again.code).toBe(3);
    expect(again.out).toContain("Nothing is known");
  } finally {
    await sql.end();
  }
});
