// The one place that opens connections to Postgres. A pool that has lost a connection is made anew: postgres.js 3.4
// may keep half-written bytes of a lost connection and then never write through that place of its pool again
// (github.com/porsager/postgres/issues/1208).
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { createPatience, rollBackWhenNobodyWaits } from "./patience";
import * as schema from "./schema";

export type Database = PostgresJsDatabase<typeof schema>;
/** What queries take: the database, or a transaction of it. */
export type Executor = Database | Parameters<Parameters<Database["transaction"]>[0]>[0];

export type DatabaseClient = {
  /** The pool of this moment: read it for each piece of work, do not keep it. */
  readonly db: Database;
  /** Leaves the pool and begins a new one. What is still under way on the old one has `graceSeconds` to end, then it fails. */
  renew(graceSeconds: number): void;
  /** Settles once the database has answered. Rejects with its error, or when it has not within `timeoutMs`. */
  probe(timeoutMs: number): Promise<void>;
  /** Does `work` for somebody who waits, as long as the database is not silent (patience.ts). */
  within<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const RENEW_AFTER_MS = 100;
/** How long statements on the connections that are still there may take to end. */
const OLD_GRACE_SECONDS = 10;

/** Opens a pool of `poolSize` connections, lazily. Notices of the server are dropped. */
export function openDatabase(url: string, poolSize: number): DatabaseClient {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function open() {
    const sql = postgres(url, {
      max: poolSize,
      onnotice: () => {},
      // Its own query for array types is one whose failure nobody hears of: an unhandled rejection ends a process.
      fetch_types: false,
      // A half-open connection (the server's machine is gone) must not hold a request for minutes.
      connect_timeout: 5,
      // The default grows to 20 s: a database that is back should be used again at once.
      backoff: (retries: number) => Math.min(0.1 * 2 ** retries, 1),
      connection: { application_name: "latchkey" },
      onclose: () => {
        if (current.sql !== sql || isClosed) return;
        timer ??= setTimeout(() => renew(OLD_GRACE_SECONDS), RENEW_AFTER_MS).unref();
      },
    });
    return { sql, db: mindWhoWaits(drizzle(prepareStatements(sql), { schema })) };
  }

  const patience = createPatience(url);

  function renew(graceSeconds: number): void {
    clearTimeout(timer);
    timer = undefined;
    if (isClosed) return;
    const old = current.sql;
    current = open();
    old.end({ timeout: graceSeconds }).catch(() => {});
  }

  let current = open();
  return {
    get db() {
      return current.db;
    },
    renew,
    async probe(timeoutMs) {
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const error = Object.assign(new Error("The database has not answered in time"), {
          code: "ETIMEDOUT",
        });
        limit = setTimeout(() => reject(error), timeoutMs);
      });
      try {
        await Promise.race([current.sql`select 1`, late]);
      } finally {
        clearTimeout(limit);
      }
    },
    within: patience.within,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await Promise.all([current.sql.end({ timeout: 5 }), patience.close()]);
    },
  };
}

/**
 * Each statement is prepared once on a connection and then named. Drizzle asks for the opposite, which has the server
 * parse and describe a statement each time, and takes two round trips where one does (docs/decisions/033).
 */
function prepareStatements(sql: postgres.Sql): postgres.Sql {
  prepareUnsafe(sql);
  const begin = sql.begin.bind(sql) as (work: (tx: postgres.TransactionSql) => unknown) => Promise<unknown>;
  // Drizzle gives its options in statements of their own, so this is all it calls.
  const beginPrepared = (work: (tx: postgres.TransactionSql) => unknown) =>
    begin((tx) => {
      prepareUnsafe(tx);
      return work(tx);
    });
  return Object.assign(sql, { begin: beginPrepared });
}

function prepareUnsafe(sql: postgres.Sql | postgres.TransactionSql): void {
  const unsafe = sql.unsafe.bind(sql);
  Object.assign(sql, {
    unsafe: (...[query, parameters, options]: Parameters<typeof unsafe>) =>
      unsafe(query, parameters, { ...options, prepare: true }),
  });
}

/** A transaction whose caller was sent away with an error must not become true afterwards. */
function mindWhoWaits(db: Database): Database {
  const begin = db.transaction.bind(db);
  db.transaction = (work, config) => {
    const rollBack = rollBackWhenNobodyWaits();
    return begin(async (tx) => {
      const result = await work(tx);
      rollBack();
      return result;
    }, config);
  };
  return db;
}

/** Node's socket errors, postgres.js' own, and SQLSTATE classes 08 (connection), 53 (resources) and 57P (shutdown). */
const AWAY =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CONNECTION_CLOSED|CONNECTION_ENDED|CONNECTION_DESTROYED|08...|53...|57P..)$/;

/** True when a query failed because the database is away, and not because of the query. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (typeof code === "string" && AWAY.test(code)) return true;
    if (cause instanceof AggregateError && cause.errors.some(isDatabaseAway)) return true;
    // The driver's own mistake on a connection that has just been lost (porsager/postgres issue 1154).
    if (cause instanceof TypeError && /reading 'write'/.test(cause.message)) return true;
  }
  return false;
}

const RETRIES_OF_DEADLOCK = 3;

/**
 * One transaction, begun anew when Postgres ended it so that another one could go on (SQLSTATE 40P01). Nothing of it was
 * kept then: what must not happen twice and is not in the database belongs outside of `work`.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: Parameters<Parameters<Database["transaction"]>[0]>[0]) => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (!isDeadlock(error) || retries === RETRIES_OF_DEADLOCK) throw error;
    }
  }
}

function isDeadlock(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ((cause as NodeJS.ErrnoException).code === "40P01") return true;
  return false;
}

/** True when what a row refers to is gone (SQLSTATE 23503). */
export function isReferenceGone(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ((cause as NodeJS.ErrnoException).code === "23503") return true;
  return false;
}

/** True when a unique index refused a row; `constraint` names the index. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const details = cause as Error & { code?: string; constraint_name?: string };
    if (details.code === "23505" && details.constraint_name === constraint) return true;
  }
  return false;
}
