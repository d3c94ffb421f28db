// A database of its own for each test file, cloned from one that was migrated once.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import postgres from "postgres";
import { inject } from "vitest";
import { migrate } from "@/db/migrate";

export type TestDatabase = { url: string; drop(): Promise<void> };

const JOURNAL = path.resolve(import.meta.dirname, "../../db/migrations/meta/_journal.json");
/** Any fixed number: only one worker makes the template. */
const TEMPLATE_LOCK = 7_205_312;

/** A fresh database; `migrated: false` leaves it empty. Drop it when done. */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  const admin = postgres(on(server, "postgres"), { max: 1, onnotice: () => {} });
  if (options.migrated === false) await admin`create database ${admin(name)}`;
  else await admin`create database ${admin(name)} template ${admin(await ensureTemplate(admin, server))}`;
  return {
    url: on(server, name),
    async drop() {
      await admin`drop database if exists ${admin(name)} with (force)`;
      await admin.end();
    },
  };
}

const on = (url: string, database: string) => {
  const target = new URL(url);
  target.pathname = `/${database}`;
  return target.href;
};

/** The name of the migrated template; named after the migrations, so that a new one makes a new template. */
async function ensureTemplate(admin: postgres.Sql, server: string): Promise<string> {
  const version = createHash("sha256").update(readFileSync(JOURNAL)).digest("hex").slice(0, 12);
  const name = `template_${version}`;
  await admin`select pg_advisory_lock(${TEMPLATE_LOCK})`;
  try {
    const rows = await admin`select 1 from pg_database where datname = ${name}`;
    if (rows.length > 0) return name;
    const part = `${name}_part`;
    await admin`drop database if exists ${admin(part)} with (force)`;
    await admin`create database ${admin(part)}`;
    await migrate(on(server, part));
    await admin`alter database ${admin(part)} rename to ${admin(name)}`;
    return name;
  } finally {
    await admin`select pg_advisory_unlock(${TEMPLATE_LOCK})`;
  }
}
