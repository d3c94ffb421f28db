// "You already have an account": which mail has told an owner lately, and what the deliveries that stand for it show.
import { and, desc, eq, gt, inArray, isNotNull, isNull, ne, notInArray, or, sql } from "drizzle-orm";
import type { Executor } from "./client";
import { inOneRoundTrip } from "./round-trip";
import { type DeliveryRow, deliveries, deliveryAttempts, providerEvents } from "./schema";

/** Keeps these locks apart from others on the same text. */
const NOTICE_LOCKS = 4_712;

/**
 * The delivery that has told the owner of this delivery's address since `since`, that may have, or that is telling them
 * right now; null when there is none. The ledger says so, whatever became of the delivery: one that was called off in the
 * middle of its conversation has told them all the same. One that came back has told nobody. Deliveries to one address
 * ask one by one until the transaction ends, so that of two that begin at once the second sees the first.
 */
export async function findOwnerNotice(
  executor: Executor,
  delivery: Pick<DeliveryRow, "id" | "recipient">,
  since: Date,
): Promise<string | null> {
  const { id, recipient } = delivery;
  const at = sql`coalesce(${deliveryAttempts.endedAt}, ${deliveryAttempts.startedAt})`;
  const isAccepted = eq(deliveryAttempts.outcome, "accepted");
  const find = executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .innerJoin(deliveryAttempts, eq(deliveryAttempts.deliveryId, deliveries.id))
    .where(
      and(
        eq(deliveries.recipient, recipient),
        eq(deliveries.kind, "existing_account"),
        ne(deliveries.id, id),
        eq(deliveryAttempts.isRehearsal, false),
        gt(at, since.toISOString()),
        // Accepted; under way; or nobody knows, since its worker died or its reply was lost.
        or(
          isAccepted,
          isNull(deliveryAttempts.outcome),
          eq(deliveryAttempts.outcome, "lost"),
          eq(deliveryAttempts.errorClass, "ambiguous"),
        ),
        notInArray(deliveries.status, ["bounced", "suppressed"]),
        sql`(${deliveries.status} <> 'failed' or ${deliveries.reasonCode} is distinct from 'failed')`,
      ),
    )
    .orderBy(desc(isAccepted), desc(at))
    .limit(1);
  const [, [row]] = await inOneRoundTrip([
    () =>
      executor.execute(sql`select pg_advisory_xact_lock(hashtextextended(${recipient}, ${NOTICE_LOCKS}))`),
    () => find,
  ]);
  return row?.id ?? null;
}

/** Whether the newest attempt at a delivery was handed to nobody from the start. */
export async function isRehearsed(executor: Executor, deliveryId: string): Promise<boolean> {
  const [row] = await executor
    .select({ isRehearsal: deliveryAttempts.isRehearsal })
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(desc(deliveryAttempts.number))
    .limit(1);
  return row?.isRehearsal ?? false;
}

/**
 * The deliveries that stand for `noticeId` and whose end nobody has seen by `now`, locked: those that are `sent`, and
 * those whose end shows later.
 */
export async function lockUnseenStandIns(
  executor: Executor,
  noticeId: string,
  now: Date,
): Promise<DeliveryRow[]> {
  return executor
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.standsForId, noticeId),
        or(
          eq(deliveries.status, "sent"),
          and(inArray(deliveries.status, ["delivered", "bounced"]), gt(deliveries.endShownFrom, now)),
        ),
      ),
    )
    .orderBy(deliveries.id)
    .for("update");
}

/**
 * Milliseconds from acceptance to arrival of the newest mails to a domain, or to any when `domain` is null. Without
 * those that stand for another one.
 */
export async function listDeliveryTimes(
  executor: Executor,
  domain: string | null,
  limit: number,
): Promise<number[]> {
  const rows = await executor
    .select({ sentAt: deliveries.sentAt, deliveredAt: deliveries.deliveredAt })
    .from(deliveries)
    .where(
      and(
        domain === null ? undefined : eq(sql`split_part(${deliveries.recipient}, '@', 2)`, domain),
        isNotNull(deliveries.sentAt),
        isNotNull(deliveries.deliveredAt),
        isNull(deliveries.standsForId),
      ),
    )
    .orderBy(desc(deliveries.createdAt))
    .limit(limit);
  return rows.map(({ sentAt, deliveredAt }) =>
    Math.max(0, (deliveredAt?.getTime() ?? 0) - (sentAt?.getTime() ?? 0)),
  );
}

/** The same of the newest mails that stand for another one: until the provider's sink had them. Without `exceptId`. */
export async function listSinkTimes(executor: Executor, exceptId: string, limit: number): Promise<number[]> {
  const rows = await executor
    .select({ sentAt: deliveries.sentAt, receivedAt: providerEvents.receivedAt })
    .from(deliveries)
    .innerJoin(
      providerEvents,
      and(eq(providerEvents.deliveryId, deliveries.id), eq(providerEvents.type, "delivered")),
    )
    .where(and(isNotNull(deliveries.standsForId), isNotNull(deliveries.sentAt), ne(deliveries.id, exceptId)))
    .orderBy(desc(deliveries.createdAt))
    .limit(limit);
  return rows.map(({ sentAt, receivedAt }) => Math.max(0, receivedAt.getTime() - (sentAt?.getTime() ?? 0)));
}
