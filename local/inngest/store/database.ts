// Connections to Postgres. The engine outlives lost connections: queries fail at once and are tried again by
// whoever needs them, connecting is tried at least once a second.
import postgres from "postgres";

/** int8 columns hold Unix milliseconds and counts; both fit a JavaScript number. */
const types = {
  bigint: {
    to: 20,
    from: [20],
    parse: (text: string) => Number(text),
    serialize: (value: number) => String(value),
  },
};

export type Sql = postgres.Sql<{ bigint: number }>;
export type Transaction = postgres.TransactionSql<{ bigint: number }>;
export type Queryable = Sql | Transaction;

export type ConnectionOptions = { max: number; onclose?: () => void };

export function connect(url: string, options: ConnectionOptions): Sql {
  return postgres(url, {
    max: options.max,
    types,
    onnotice: () => {},
    onclose: () => options.onclose?.(),
    connect_timeout: 5,
    // Never recycled: one of these connections holds the advisory lock that says this engine lives.
    max_lifetime: null,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: { application_name: "latchkey-engine" },
  });
}

export type Database = {
  sql: Sql;
  /** Calls `listener` now and again after every renewal; it may take its time. */
  onOpen(listener: () => void): void;
  end(): Promise<void>;
};

const RENEW_AFTER_MS = 100;
/** How long statements under way on the old connections may take to end. */
const OLD_GRACE_SECONDS = 2;

/**
 * A pool that is made anew when it loses a connection.
 *
 * postgres.js 3.4 may keep half-written bytes of a lost connection, and then never write through that place of
 * its pool again (github.com/porsager/postgres/issues/1208); a new pool has no such past.
 */
export function openDatabase(url: string, max: number): Database {
  const listeners: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let isEnded = false;
  const open = (): Sql => {
    const made: Sql = connect(url, {
      max,
      onclose: () => {
        if (made === current) timer ??= setTimeout(renew, RENEW_AFTER_MS);
      },
    });
    return made;
  };
  let current = open();
  const renew = () => {
    timer = null;
    if (isEnded) return;
    const old = current;
    current = open();
    old.end({ timeout: OLD_GRACE_SECONDS }).catch(() => {});
    for (const listener of listeners) listener();
  };
  return {
    sql: new Proxy(current, {
      apply: (_target, self, parameters) => Reflect.apply(current, self, parameters),
      get: (_target, property) => Reflect.get(current, property),
    }),
    onOpen: (listener) => {
      listeners.push(listener);
      listener();
    },
    end: async () => {
      isEnded = true;
      if (timer) clearTimeout(timer);
      await current.end({ timeout: 1 });
    },
  };
}

/** Listens on channels, now and after every renewal of the pool; tries until it does. */
export function subscribe(database: Database, channels: Record<string, (payload: string) => void>): void {
  let round = 0;
  database.onOpen(() => {
    const mine = ++round;
    const attempt = async () => {
      for (const [channel, hear] of Object.entries(channels)) await database.sql.listen(channel, hear);
    };
    const keepTrying = () => {
      // A later renewal has its own attempt.
      if (mine !== round) return;
      attempt().catch(() => setTimeout(keepTrying, 500).unref());
    };
    keepTrying();
  });
}

/** The driver's own mistake on a connection that has just been lost (see openDatabase); nothing of ours. */
function isDriverMishap(error: unknown): boolean {
  return error instanceof TypeError && /reading 'write'/.test(error.message);
}

/** Rows for `json_to_recordset`: one parameter for any number of rows. */
export function asRows(rows: readonly object[]): string {
  return JSON.stringify(rows);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Whether the statement may succeed if it is repeated unchanged. */
export function isTransient(error: unknown): boolean {
  if (isDriverMishap(error)) return true;
  const code = codeOf(error);
  // SQLSTATE classes: 08 connection, 53 resources, 57 shutdown; 40001 and 40P01 lost against another engine.
  if (/^(08|53|57)[0-9A-Z]{3}$/.test(code) || code === "40001" || code === "40P01") return true;
  return /^(CONNECT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|CONNECTION_)/.test(code);
}
