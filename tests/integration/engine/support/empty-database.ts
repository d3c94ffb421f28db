// One database for all tests of a process, emptied for each: making a new one takes longer than most tests. It goes with
// the tests' server.
import postgres from "postgres";
import { createTestDatabase, type TestDatabase } from "@/tests/support/database";

let database: TestDatabase | null = null;

/** The address of a database in which no engine has left anything. */
export async function emptyDatabase(): Promise<string> {
  if (database === null) {
    database = await createTestDatabase({ migrated: false });
    return database.url;
  }
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'inngest'`;
  if (tables.length > 0) await sql.unsafe(`truncate ${tables.map((table) => table.name).join(", ")}`);
  await sql.end();
  return database.url;
}
