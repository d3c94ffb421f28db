// Time passes for one claim: its rows are moved into the past, instead of anybody waiting.
import postgres from "postgres";
import { readRunning } from "./running";

async function query<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(readRunning().postgres.url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** Moves a claim and its mails `seconds` into the past. The claim's end and its codes' ends move along. */
export async function letTimePass(userId: string, seconds: number): Promise<void> {
  const past = `${seconds} seconds`;
  await query((sql) =>
    sql.begin(async (tx) => {
      await tx`update users set created_at = created_at - ${past}::interval, claim_expires_at = claim_expires_at - ${past}::interval where id = ${userId}`;
      await tx`update deliveries set created_at = created_at - ${past}::interval where user_id = ${userId}`;
      await tx`update confirmation_codes set created_at = created_at - ${past}::interval, expires_at = expires_at - ${past}::interval where user_id = ${userId}`;
    }),
  );
}

/** Of the account or claim that has this name. */
export async function idOf(username: string): Promise<string> {
  const [row] = await query(
    (sql) => sql<{ id: string }[]>`select id from users where username = ${username}`,
  );
  if (!row) throw new Error(`Nobody is called ${username}.`);
  return row.id;
}

export type LedgerRow = {
  number: number;
  outcome: string | null;
  ended_at: Date | null;
  error_code: string | null;
};

/** The attempts of a delivery, as operators see them. */
export function readLedger(deliveryId: string): Promise<LedgerRow[]> {
  return query(async (sql) => [
    ...(await sql<
      LedgerRow[]
    >`select number, outcome, ended_at, error_code from delivery_attempts where delivery_id = ${deliveryId} order by number`),
  ]);
}
