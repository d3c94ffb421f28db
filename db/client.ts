// The one place that opens connections to Postgres.
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema";

export type Database = PostgresJsDatabase<typeof schema>;
/** What queries take: the database, or a transaction of it. */
export type Executor = Database | Parameters<Parameters<Database["transaction"]>[0]>[0];
export type Sql = postgres.Sql;

export type DatabaseClient = { db: Database; sql: Sql; close(): Promise<void> };

/** Opens a pool of `poolSize` connections, lazily. Notices of the server are dropped. */
export function openDatabase(url: string, poolSize: number): DatabaseClient {
  const sql = postgres(url, {
    max: poolSize,
    onnotice: () => {},
    // A half-open connection (the server's machine is gone) must not hold a request for minutes.
    connect_timeout: 5,
    // The default grows to 20 s: a database that is back should be used again at once.
    backoff: (retries: number) => Math.min(0.1 * 2 ** retries, 1),
    connection: { application_name: "latchkey" },
  });
  return { db: drizzle(sql, { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}

/** True when a unique index refused a row; `constraint` names the index. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const details = cause as Error & { code?: string; constraint_name?: string };
    if (details.code === "23505" && details.constraint_name === constraint) return true;
  }
  return false;
}
