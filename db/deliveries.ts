// Deliveries and their ledger. Leases are judged by the database's clock alone, so that the clocks of several
// app servers cannot disagree about who holds one.
import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { type DeliveryAttemptRow, type DeliveryRow, deliveries, deliveryAttempts, users } from "./schema";

export type NewDelivery = Pick<
  DeliveryRow,
  "id" | "userId" | "kind" | "codeId" | "recipient" | "sender" | "maxAttempts" | "nextAttemptAt" | "createdAt"
>;

export async function insertDelivery(executor: Executor, row: NewDelivery): Promise<void> {
  await executor.insert(deliveries).values(row);
}

export async function findDelivery(executor: Executor, id: string): Promise<DeliveryRow | null> {
  const [row] = await executor.select().from(deliveries).where(eq(deliveries.id, id));
  return row ?? null;
}

export async function findNewestDelivery(executor: Executor, userId: string): Promise<DeliveryRow | null> {
  const [row] = await executor
    .select()
    .from(deliveries)
    .where(eq(deliveries.userId, userId))
    .orderBy(desc(deliveries.createdAt))
    .limit(1);
  return row ?? null;
}

/** When mails were queued for a claim since `since`, oldest first. */
export async function listQueuedInstants(executor: Executor, userId: string, since: Date): Promise<Date[]> {
  const rows = await executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), gt(deliveries.createdAt, since)))
    .orderBy(asc(deliveries.createdAt));
  return rows.map((row) => row.createdAt);
}

/**
 * When further mails (not a claim's first) were queued for an address since `since`, by any claim on it, oldest first.
 * Those of a claim that was confirmed do not count: an address with an owner must look like any other (promise P6).
 */
export async function listFurtherMails(executor: Executor, email: string, since: Date): Promise<Date[]> {
  const rows = await executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .innerJoin(users, eq(users.id, deliveries.userId))
    .where(
      and(
        eq(deliveries.recipient, email),
        gt(deliveries.createdAt, since),
        isNull(users.emailConfirmedAt),
        sql`exists (select 1 from deliveries earlier where earlier.user_id = ${deliveries.userId}
          and earlier.created_at < ${deliveries.createdAt})`,
      ),
    )
    .orderBy(asc(deliveries.createdAt));
  return rows.map((row) => row.createdAt);
}

/** When a claim's first mail to its present address was queued; null when there was none. */
export async function findFirstQueuedTo(
  executor: Executor,
  userId: string,
  email: string,
): Promise<Date | null> {
  const [row] = await executor
    .select({ createdAt: deliveries.createdAt })
    .from(deliveries)
    .where(and(eq(deliveries.userId, userId), eq(deliveries.recipient, email)))
    .orderBy(asc(deliveries.createdAt))
    .limit(1);
  return row?.createdAt ?? null;
}

/**
 * Takes the lease of an open delivery in one UPDATE and counts its next attempt: null when it is settled, held by
 * another worker, or its claim is confirmed or over. `tookOver` tells that the previous holder never came back; its
 * attempt is marked `lost`. A retry that is due after `due.before` is refused too, unless it is due exactly `due.at`.
 * Call inside the transaction that also calls beginAttempt.
 */
export async function claimDelivery(
  executor: Executor,
  id: string,
  options: { leaseToken: string; leaseSeconds: number; now: Date; due: { before: Date; at: Date | null } },
): Promise<{ delivery: DeliveryRow; tookOver: boolean } | null> {
  const lease = sql`now() + make_interval(secs => ${options.leaseSeconds})`;
  const expired = and(eq(deliveries.status, "sending"), lt(deliveries.leaseUntil, sql`now()`));
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
          expired,
        ),
        sql`exists (select 1 from ${users} where ${users.id} = ${deliveries.userId}
          and ${users.emailConfirmedAt} is null and ${users.claimExpiresAt} > ${options.now.toISOString()})`,
      ),
    )
    .returning();
  if (!delivery) return null;
  const lost = await executor
    .update(deliveryAttempts)
    .set({ outcome: "lost", endedAt: options.now })
    .where(and(eq(deliveryAttempts.deliveryId, id), sql`${deliveryAttempts.outcome} is null`))
    .returning({ number: deliveryAttempts.number });
  return { delivery, tookOver: lost.length > 0 };
}

/** Writes the row of an attempt that begins now, under the lease just taken. */
export async function beginAttempt(
  executor: Executor,
  row: Pick<DeliveryAttemptRow, "deliveryId" | "number" | "provider" | "startedAt">,
): Promise<void> {
  await executor.insert(deliveryAttempts).values(row);
}

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

export type AttemptEnd = Pick<
  DeliveryAttemptRow,
  "outcome" | "errorClass" | "errorCode" | "providerCode" | "providerText" | "providerMessageId"
>;

/** Writes how an attempt ended. A second acceptance of one delivery is kept as `deduplicated`. */
export async function recordAttemptEnd(
  executor: Executor,
  deliveryId: string,
  number: number,
  end: AttemptEnd,
  now: Date,
): Promise<void> {
  const outcome =
    end.outcome === "accepted"
      ? sql`case when exists (select 1 from ${deliveryAttempts} a where a.delivery_id = ${deliveryId}
          and a.outcome = 'accepted' and a.number <> ${number}) then 'deduplicated' else 'accepted' end::attempt_outcome`
      : end.outcome;
  await executor
    .update(deliveryAttempts)
    .set({ ...end, outcome, endedAt: now })
    .where(and(eq(deliveryAttempts.deliveryId, deliveryId), eq(deliveryAttempts.number, number)));
}

/**
 * The attempt that nobody has ended yet was accepted: the provider itself says so. Does nothing when there is none. A
 * worker that still lives writes its own account over it.
 */
export async function acceptOpenAttempt(
  executor: Executor,
  deliveryId: string,
  providerMessageId: string,
  now: Date,
): Promise<void> {
  await executor
    .update(deliveryAttempts)
    .set({ outcome: "accepted", endedAt: now, providerMessageId })
    .where(and(eq(deliveryAttempts.deliveryId, deliveryId), isNull(deliveryAttempts.outcome)));
}

/**
 * Accepted by the provider. True unless the delivery was settled meanwhile (cancelled, given up, or sent by another
 * worker). `from`: the states that this may end.
 */
export async function markSent(
  executor: Executor,
  id: string,
  messageId: string | null,
  now: Date,
  from: readonly DeliveryRow["status"][] = ["queued", "sending", "retrying"],
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
    .where(and(eq(deliveries.id, id), inArray(deliveries.status, from)))
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** Ends the lease with a planned retry, or for good with `failed`. False when this worker no longer holds the lease. */
export async function markAttemptFailed(
  executor: Executor,
  id: string,
  leaseToken: string,
  next: { status: "retrying"; nextAttemptAt: Date } | { status: "failed" },
  reason: { code: string; text: string },
  now: Date,
): Promise<boolean> {
  const rows = await executor
    .update(deliveries)
    .set({
      status: next.status,
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
    .where(
      and(
        eq(deliveries.id, id),
        or(
          inArray(deliveries.status, ["queued", "retrying"]),
          and(eq(deliveries.status, "sending"), lt(deliveries.leaseUntil, sql`now()`)),
        ),
      ),
    )
    .returning({ id: deliveries.id });
  return rows.length > 0;
}

/** Cancels whatever is still open for these users. Returns how many deliveries that were. */
export async function cancelOpenDeliveries(
  executor: Executor,
  userIds: string[],
  reasonCode: string,
  now: Date,
): Promise<number> {
  if (userIds.length === 0) return 0;
  const rows = await executor
    .update(deliveries)
    .set({
      status: "cancelled",
      nextAttemptAt: null,
      settledAt: now,
      leaseToken: null,
      leaseUntil: null,
      reasonCode,
      reasonText: null,
    })
    .where(
      and(inArray(deliveries.userId, userIds), inArray(deliveries.status, ["queued", "retrying", "sending"])),
    )
    .returning({ id: deliveries.id });
  return rows.length;
}

export async function listAttempts(executor: Executor, deliveryId: string): Promise<DeliveryAttemptRow[]> {
  return executor
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(asc(deliveryAttempts.number));
}

/**
 * Open deliveries whose attempt was due before `dueBefore` and that nobody is sending, oldest first: the engine took
 * them and did not start, or a worker died.
 */
export async function listOverdueDeliveries(
  executor: Executor,
  dueBefore: Date,
  limit: number,
): Promise<string[]> {
  const rows = await executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      or(
        and(inArray(deliveries.status, ["queued", "retrying"]), lt(deliveries.nextAttemptAt, dueBefore)),
        and(eq(deliveries.status, "sending"), lt(deliveries.leaseUntil, dueBefore)),
      ),
    )
    .orderBy(asc(sql`coalesce(${deliveries.nextAttemptAt}, ${deliveries.leaseUntil})`))
    .limit(limit);
  return rows.map((row) => row.id);
}
