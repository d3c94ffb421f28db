// Applies db/migrations. Run as a program it takes DATABASE_URL; several processes may run it at once.
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { databaseUrl } from "../env";
import { isDatabaseAway } from "./client";

/** Any fixed number: only one process at a time may migrate one database. */
const MIGRATION_LOCK = 7_205_311;

/** Brings the database's schema up to date; does nothing when it is. Throws what Postgres says. */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)),
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * The sentence for a database that does not answer or does not let us in, without its password; null when it is the
 * migrations that failed.
 */
export function explainFailure(error: unknown, databaseUrl: string): string | null {
  const { host, pathname } = new URL(databaseUrl);
  const last = lastCause(error);
  const code = last instanceof Error && "code" in last ? String(last.code) : "";
  if (isDatabaseAway(error))
    return `The database at ${host} does not answer (${code || "no reason given"}). Is it running, and is DATABASE_URL right?`;
  // SQLSTATE class 28: who we are; 3D000: no such database (PostgreSQL 18, appendix A).
  if (/^28/.test(code)) return `The database at ${host} does not take the user or password of DATABASE_URL.`;
  if (code === "3D000")
    return `The server at ${host} has no database ${pathname.slice(1)}. Make it, or correct DATABASE_URL.`;
  return null;
}

function lastCause(error: unknown): unknown {
  let last = error;
  while (last instanceof Error && last.cause instanceof Error) last = last.cause;
  return last;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const url = databaseUrl();
  try {
    await migrate(url);
    console.log("The database is up to date.");
  } catch (error) {
    const sentence = explainFailure(error, url);
    if (sentence === null) throw error;
    console.error(sentence);
    process.exitCode = 1;
  }
}
