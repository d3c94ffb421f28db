// What a database server says of itself and of our schema in it: for `npm run doctor`.
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import postgres from "postgres";

export type ServerFacts = {
  /** As Postgres counts: 180004 is 18.4. */
  versionNumber: number;
  /** How far its clock is ahead of ours; negative when it is behind. */
  aheadMs: number;
  /** `aheadMs` is no more exact than this. */
  uncertainMs: number;
  migrations: {
    /** That this code brings and the database has not. */
    missing: number;
    applied: number;
    /** That the database has and this code does not know: newer code was here. */
    unknown: number;
  };
};

/** Asks over a connection of its own. Throws what Postgres or the network says, at the latest after `timeoutMs`. */
export async function readServerFacts(url: string, timeoutMs: number): Promise<ServerFacts> {
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    fetch_types: false,
    connect_timeout: timeoutMs / 1000,
    connection: { application_name: "latchkey-doctor", statement_timeout: timeoutMs },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The database has not answered in time")), timeoutMs);
  });
  try {
    return await Promise.race([ask(sql), late]);
  } finally {
    clearTimeout(timer);
    await sql.end({ timeout: 0 });
  }
}

async function ask(sql: postgres.Sql): Promise<ServerFacts> {
  const [version] = await sql<
    { number: number }[]
  >`select current_setting('server_version_num')::int as number`;
  const askedAt = Date.now();
  const [clock] = await sql<
    { ms: number }[]
  >`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
  const toldAt = Date.now();
  const uncertainMs = (toldAt - askedAt) / 2;
  return {
    versionNumber: version?.number ?? 0,
    aheadMs: (clock?.ms ?? 0) - (askedAt + uncertainMs),
    uncertainMs,
    migrations: compare(readKnown(), await readApplied(sql)),
  };
}

const readKnown = (): string[] =>
  readMigrationFiles({ migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)) }).map(
    ({ hash }) => hash,
  );

async function readApplied(sql: postgres.Sql): Promise<string[]> {
  const [table] = await sql<{ there: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as there`;
  if (!table?.there) return [];
  const rows = await sql<{ hash: string }[]>`select hash from drizzle.__drizzle_migrations`;
  return rows.map(({ hash }) => hash);
}

function compare(known: readonly string[], applied: readonly string[]): ServerFacts["migrations"] {
  const has = new Set(applied);
  const knows = new Set(known);
  return {
    missing: known.filter((hash) => !has.has(hash)).length,
    applied: known.filter((hash) => has.has(hash)).length,
    unknown: applied.filter((hash) => !knows.has(hash)).length,
  };
}
