// Addresses that asked for no mail from us for a while, by keyed hash.
import { and, eq, gt } from "drizzle-orm";
import type { Executor } from "./client";
import { type MailStopRow, mailStops } from "./schema";

/** The stop of an address, if it has not ended. */
export async function findMailStop(
  executor: Executor,
  emailHash: string,
  now: Date,
): Promise<MailStopRow | null> {
  const [row] = await executor
    .select()
    .from(mailStops)
    .where(and(eq(mailStops.emailHash, emailHash), gt(mailStops.endsAt, now)));
  return row ?? null;
}

/** Begins a stop, or gives the one there is a new end. */
export async function putMailStop(executor: Executor, row: MailStopRow): Promise<void> {
  await executor
    .insert(mailStops)
    .values(row)
    .onConflictDoUpdate({ target: mailStops.emailHash, set: { endsAt: row.endsAt } });
}

/** Mail is welcome again. Returns whether it was not. */
export async function deleteMailStop(executor: Executor, emailHash: string): Promise<boolean> {
  const rows = await executor
    .delete(mailStops)
    .where(eq(mailStops.emailHash, emailHash))
    .returning({ emailHash: mailStops.emailHash });
  return rows.length > 0;
}
