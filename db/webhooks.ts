// Events for endpoints of others, and the attempts at them. Rows are leaves: whoever removes a user takes them along.
import { and, asc, count, desc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import type { PageKey } from "./delivery-list";
import {
  type WebhookAttemptRow,
  type WebhookRow,
  type WebhookStatus,
  webhookAttempts,
  webhookDeliveries,
} from "./schema-outside";

export type NewWebhook = Pick<
  WebhookRow,
  "id" | "eventId" | "type" | "endpoint" | "userId" | "data" | "occurredAt" | "maxAttempts" | "nextAttemptAt"
>;

/** Keeps those that are not there yet: one per event and endpoint. Returns those. Hold the user before (holdUser). */
export async function insertWebhooks(executor: Executor, rows: NewWebhook[]): Promise<WebhookRow[]> {
  if (rows.length === 0) return [];
  return executor.insert(webhookDeliveries).values(rows).onConflictDoNothing().returning();
}

export async function findWebhook(executor: Executor, id: string): Promise<WebhookRow | null> {
  const [row] = await executor.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, id));
  return row ?? null;
}

/** Begins the next attempt of one that waits; null for any other. `backBy`: after that nobody is at it any more. */
export async function beginWebhookAttempt(
  executor: Executor,
  id: string,
  { now, backBy }: { now: Date; backBy: Date },
): Promise<WebhookRow | null> {
  return executor.transaction(async (tx) => {
    const [row] = await tx
      .update(webhookDeliveries)
      .set({ attemptCount: sql`${webhookDeliveries.attemptCount} + 1`, nextAttemptAt: backBy })
      .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.status, "waiting")))
      .returning();
    if (!row) return null;
    await tx.insert(webhookAttempts).values({ webhookId: id, number: row.attemptCount, startedAt: now });
    return row;
  });
}

/**
 * Writes down how an attempt ended, and what follows from it. One that was delivered or given up meanwhile, by another
 * worker, stays so, except that a yes is a yes. Rows that are gone (their person was erased) stay gone.
 */
export async function endWebhookAttempt(
  executor: Executor,
  { webhookId, number }: { webhookId: string; number: number },
  ended: {
    now: Date;
    httpStatus: number | null;
    reasonCode: string | null;
    next: { status: "delivered" | "failed" } | { status: "waiting"; at: Date };
  },
): Promise<void> {
  const { now, httpStatus, reasonCode, next } = ended;
  await executor.transaction(async (tx) => {
    await tx
      .update(webhookDeliveries)
      .set(
        next.status === "waiting"
          ? { nextAttemptAt: next.at }
          : { status: next.status, nextAttemptAt: null, settledAt: now },
      )
      .where(
        and(
          eq(webhookDeliveries.id, webhookId),
          inArray(
            webhookDeliveries.status,
            next.status === "delivered" ? ["waiting", "failed"] : ["waiting"],
          ),
        ),
      );
    await tx
      .update(webhookAttempts)
      .set({ endedAt: now, httpStatus, reasonCode })
      .where(and(eq(webhookAttempts.webhookId, webhookId), eq(webhookAttempts.number, number)));
  });
}

/** Gives up one that waits, without a further attempt. */
export async function giveUpWebhook(executor: Executor, id: string, now: Date): Promise<void> {
  await executor
    .update(webhookDeliveries)
    .set({ status: "failed", nextAttemptAt: null, settledAt: now })
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.status, "waiting")));
}

/** Lets one that is settled begin anew with `moreAttempts`; null for any other. */
export async function reopenWebhook(
  executor: Executor,
  id: string,
  moreAttempts: number,
  now: Date,
): Promise<WebhookRow | null> {
  const [row] = await executor
    .update(webhookDeliveries)
    .set({
      status: "waiting",
      maxAttempts: sql`${webhookDeliveries.attemptCount} + ${moreAttempts}`,
      nextAttemptAt: now,
      settledAt: null,
    })
    .where(and(eq(webhookDeliveries.id, id), inArray(webhookDeliveries.status, ["delivered", "failed"])))
    .returning();
  return row ?? null;
}

/** Up to `limit` that were due before `dueBefore` and that nobody is at; they are then due at `now`. */
export async function takeOverdueWebhooks(
  executor: Executor,
  { dueBefore, now, limit }: { dueBefore: Date; now: Date; limit: number },
): Promise<WebhookRow[]> {
  const overdue = executor
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.status, "waiting"), lt(webhookDeliveries.nextAttemptAt, dueBefore)))
    .orderBy(asc(webhookDeliveries.nextAttemptAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  return executor
    .update(webhookDeliveries)
    .set({ nextAttemptAt: now })
    .where(inArray(webhookDeliveries.id, overdue))
    .returning();
}

export type ListedWebhook = WebhookRow & Pick<WebhookAttemptRow, "httpStatus" | "reasonCode">;

/** With what the newest attempt came to. Newest first, those of one instant by id. */
export async function listWebhooks(
  executor: Executor,
  {
    status,
    after,
    limit,
  }: { status?: WebhookStatus | undefined; after?: PageKey | undefined; limit: number },
): Promise<ListedWebhook[]> {
  const newest = executor
    .select({ httpStatus: webhookAttempts.httpStatus, reasonCode: webhookAttempts.reasonCode })
    .from(webhookAttempts)
    .where(eq(webhookAttempts.webhookId, webhookDeliveries.id))
    .orderBy(desc(webhookAttempts.number))
    .limit(1)
    .as("newest");
  const rows = await executor
    .select({ webhook: webhookDeliveries, httpStatus: newest.httpStatus, reasonCode: newest.reasonCode })
    .from(webhookDeliveries)
    .leftJoinLateral(newest, sql`true`)
    .where(and(status && eq(webhookDeliveries.status, status), after && comesAfter(after)))
    .orderBy(desc(webhookDeliveries.occurredAt), desc(webhookDeliveries.id))
    .limit(limit);
  return rows.map(({ webhook, ...attempt }) => ({ ...webhook, ...attempt }));
}

const comesAfter = ({ createdAt, id }: PageKey): SQL =>
  sql`(${webhookDeliveries.occurredAt}, ${webhookDeliveries.id}) < (${createdAt.toISOString()}::timestamptz, ${id}::uuid)`;

export async function listWebhookAttempts(
  executor: Executor,
  webhookId: string,
): Promise<WebhookAttemptRow[]> {
  return executor
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.webhookId, webhookId))
    .orderBy(asc(webhookAttempts.number));
}

/** How many events since then stand where, by endpoint. States that none is in are left out. */
export async function countWebhooks(
  executor: Executor,
  since: Date,
): Promise<{ endpoint: string; status: WebhookStatus; count: number }[]> {
  return executor
    .select({ endpoint: webhookDeliveries.endpoint, status: webhookDeliveries.status, count: count() })
    .from(webhookDeliveries)
    .where(sql`${webhookDeliveries.occurredAt} >= ${since.toISOString()}`)
    .groupBy(webhookDeliveries.endpoint, webhookDeliveries.status);
}
