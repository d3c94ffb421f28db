// Who may send a delivery, and how that ends. Leases are judged by the database's clock alone, so that the clocks of
// several app servers cannot disagree about who holds one.
import { and, eq, inArray, lt, lte, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { isNotice } from "./delivery-kinds";
import { type DeliveryRow, deliveries, users } from "./schema";

/**
 * Takes the lease of an open delivery in one UPDATE and counts its next attempt: null when it is settled, held by
 * another worker, or its claim is confirmed or over. A retry that is due after `due.before` is refused too, unless it is
 * due exactly `due.at`. Call inside the transaction that also calls endLostAttempt and beginAttempt.
 */
export async function claimDelivery(
  executor: Executor,
  id: string,
  options: { leaseToken: string; leaseSeconds: number; now: Date; due: { before: Date; at: Date | null } },
): Promise<DeliveryRow | null> {
  const lease = sql`now() + make_interval(secs => ${options.leaseSeconds})`;
  const [delivery] = await executor
    .update(deliveries)
    .set({
      status: "sending",
      // The right-hand sides see the row as it was: `sending` there means a holder that never came back.
      lostCount: sql`${deliveries.lostCount} + case when ${deliveries.status} = 'sending' then 1 else 0 end`,
      attemptCount: sql`${deliveries.attemptCount} + 1`,
      nextAttemptAt: null,
      leaseToken: options.leaseToken,
      leaseUntil: lease,
    })
    .where(
      and(
        eq(deliveries.id, id),
        or(
          eq(deliveries.status, "queued"),
          and(
            eq(deliveries.status, "retrying"),
            or(
              lte(deliveries.nextAttemptAt, options.due.before),
              options.due.at ? eq(deliveries.nextAttemptAt, options.due.at) : undefined,
            ),
          ),
          isLeaseOver(),
        ),
        isStillWanted(options.now),
      ),
    )
    .returning();
  return delivery ?? null;
}

/**
 * The last question before a mail is handed over, since it may have waited for its instant: true while it is still
 * wanted and this worker still holds its lease, which then lasts `leaseSeconds` from now. `standsForId`: the mail that
 * has told the owner, when this one is not to; null for any other.
 */
export async function keepLease(
  executor: Executor,
  id: string,
  options: { leaseToken: string; leaseSeconds: number; now: Date; standsForId?: string | null },
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set({
      leaseUntil: sql`now() + make_interval(secs => ${options.leaseSeconds})`,
      // By a query: its claim may have been removed since.
      standsForId: sql`(select d.id from deliveries d where d.id = ${options.standsForId ?? null}::uuid)`,
    })
    .where(
      and(
        eq(deliveries.id, id),
        eq(deliveries.status, "sending"),
        eq(deliveries.leaseToken, options.leaseToken),
        isStillWanted(options.now),
      ),
    )
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** A mail of a claim while that is open; a notice to an account while there is one. */
const isStillWanted = (
  now: Date,
) => sql`exists (select 1 from ${users} where ${users.id} = ${deliveries.userId}
  and case when ${isNotice()} then ${users.emailConfirmedAt} is not null
    else ${users.emailConfirmedAt} is null and ${users.claimExpiresAt} > ${now.toISOString()} end)`;

/**
 * Moves the next attempt of a delivery that nobody is sending to `at`, never to an earlier time than it has. Returns
 * when it is due now; null for any other delivery, to which nothing is done.
 */
export async function postponeDelivery(executor: Executor, id: string, at: Date): Promise<Date | null> {
  const [row] = await executor
    .update(deliveries)
    .set({ nextAttemptAt: sql`greatest(${deliveries.nextAttemptAt}, ${at.toISOString()}::timestamptz)` })
    .where(and(eq(deliveries.id, id), inArray(deliveries.status, ["queued", "retrying"])))
    .returning({ nextAttemptAt: deliveries.nextAttemptAt });
  return row?.nextAttemptAt ?? null;
}

/**
 * Accepted by the provider. True unless the delivery was settled meanwhile: cancelled, sent by another worker, or
 * failed by the provider's own last word (domain/provider-events.ts). One that we had given up is sent after all.
 * `from`: the states that this may end.
 */
export async function markSent(
  executor: Executor,
  id: string,
  messageId: string | null,
  now: Date,
  from: readonly DeliveryRow["status"][] = ["queued", "sending", "retrying", "failed"],
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set({
      status: "sent",
      sentAt: now,
      settledAt: now,
      providerMessageId: messageId,
      nextAttemptAt: null,
      leaseToken: null,
      leaseUntil: null,
      reasonCode: null,
      reasonText: null,
    })
    .where(
      and(
        eq(deliveries.id, id),
        inArray(deliveries.status, from),
        sql`(${deliveries.status} <> 'failed' or ${deliveries.reasonCode} is distinct from 'failed')`,
      ),
    )
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/**
 * Ends the lease with a planned retry, or for good with `failed`; `paced` when that attempt uses up no try. False when
 * this worker no longer holds the lease.
 */
export async function markAttemptFailed(
  executor: Executor,
  id: string,
  leaseToken: string,
  next: { status: "retrying"; nextAttemptAt: Date; paced: boolean } | { status: "failed" },
  reason: { code: string; text: string },
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set({
      status: next.status,
      ...(next.status === "retrying" && next.paced ? { pacedCount: sql`${deliveries.pacedCount} + 1` } : {}),
      nextAttemptAt: next.status === "retrying" ? next.nextAttemptAt : null,
      settledAt: next.status === "failed" ? now : null,
      leaseToken: null,
      leaseUntil: null,
      reasonCode: reason.code,
      reasonText: reason.text,
    })
    .where(
      and(eq(deliveries.id, id), eq(deliveries.leaseToken, leaseToken), eq(deliveries.status, "sending")),
    )
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** Gives up an open delivery that nobody is sending. False when it is settled or held. */
export async function markFailed(
  executor: Executor,
  id: string,
  reason: { code: string; text: string },
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set({
      status: "failed",
      nextAttemptAt: null,
      settledAt: now,
      leaseToken: null,
      leaseUntil: null,
      reasonCode: sql`coalesce(${deliveries.reasonCode}, ${reason.code})`,
      reasonText: sql`coalesce(${deliveries.reasonText}, ${reason.text})`,
    })
    .where(and(eq(deliveries.id, id), isUnsettledAndFree()))
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** Somebody began to send it and never came back. */
const isLeaseOver = () => and(eq(deliveries.status, "sending"), lt(deliveries.leaseUntil, sql`now()`));

/** Whoever ends such a delivery takes it from nobody: it is open, and nobody is sending it. */
export const isUnsettledAndFree = () => or(inArray(deliveries.status, ["queued", "retrying"]), isLeaseOver());
