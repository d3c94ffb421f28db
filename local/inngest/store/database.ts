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

/** Rows for `json_to_recordset`: one parameter for any number of rows. */
export function asRows(rows: readonly object[]): string {
  return JSON.stringify(rows);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Whether the statement may succeed if it is repeated unchanged. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  // SQLSTATE classes: 08 connection, 53 resources, 57 shutdown; 40001 and 40P01 lost against another engine.
  if (/^(08|53|57)[0-9A-Z]{3}$/.test(code) || code === "40001" || code === "40P01") return true;
  return /^(CONNECT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|CONNECTION_)/.test(code);
}
