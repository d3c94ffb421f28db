// Every row that a registration leaves, as `npm run chaos` compares them with the provider's own record; and the
// passing of time for rows, which goes with a moved clock of the engine.
import { count, inArray, sql } from "drizzle-orm";
import type { Database, Executor } from "./client";
import { confirmationCodes, deliveries, deliveryAttempts, outbox, users } from "./schema";

export type AuditedUser = Pick<typeof users.$inferSelect, "id" | "username" | "email"> & {
  isConfirmed: boolean;
};
export type AuditedDelivery = Pick<
  typeof deliveries.$inferSelect,
  | "id"
  | "userId"
  | "kind"
  | "recipient"
  | "status"
  | "attemptCount"
  | "lostCount"
  | "pacedCount"
  | "maxAttempts"
  | "leaseToken"
  | "leaseUntil"
  | "reasonCode"
  | "createdAt"
> & {
  /** The code that its mail carries is there, and is its user's. */
  hasCode: boolean;
};
export type AuditedAttempt = Pick<
  typeof deliveryAttempts.$inferSelect,
  "deliveryId" | "number" | "startedAt" | "endedAt" | "outcome" | "errorClass" | "errorCode"
>;
export type AuditedEvent = Pick<typeof outbox.$inferSelect, "id" | "name" | "tries" | "publishedAt"> & {
  /** Null when the event is not about a delivery. */
  deliveryId: string | null;
};
export type Audit = {
  /** The database's own time: what leases are judged by. */
  now: Date;
  users: AuditedUser[];
  deliveries: AuditedDelivery[];
  attempts: AuditedAttempt[];
  events: AuditedEvent[];
};

/** All of it at one instant. */
export function readAudit(db: Database): Promise<Audit> {
  return db.transaction(
    async (tx) => ({
      now: await readNow(tx),
      users: await tx
        .select({
          id: users.id,
          username: users.username,
          email: users.email,
          isConfirmed: sql<boolean>`${users.emailConfirmedAt} is not null`,
        })
        .from(users),
      deliveries: await tx
        .select({
          id: deliveries.id,
          userId: deliveries.userId,
          kind: deliveries.kind,
          recipient: deliveries.recipient,
          status: deliveries.status,
          attemptCount: deliveries.attemptCount,
          lostCount: deliveries.lostCount,
          pacedCount: deliveries.pacedCount,
          maxAttempts: deliveries.maxAttempts,
          leaseToken: deliveries.leaseToken,
          leaseUntil: deliveries.leaseUntil,
          reasonCode: deliveries.reasonCode,
          createdAt: deliveries.createdAt,
          hasCode: sql<boolean>`exists (select 1 from ${confirmationCodes} where ${confirmationCodes.id} = ${deliveries.codeId}
            and ${confirmationCodes.userId} = ${deliveries.userId})`,
        })
        .from(deliveries),
      attempts: await tx
        .select({
          deliveryId: deliveryAttempts.deliveryId,
          number: deliveryAttempts.number,
          startedAt: deliveryAttempts.startedAt,
          endedAt: deliveryAttempts.endedAt,
          outcome: deliveryAttempts.outcome,
          errorClass: deliveryAttempts.errorClass,
          errorCode: deliveryAttempts.errorCode,
        })
        .from(deliveryAttempts),
      events: await tx
        .select({
          id: outbox.id,
          name: outbox.name,
          tries: outbox.tries,
          publishedAt: outbox.publishedAt,
          deliveryId: sql<string | null>`${outbox.data} ->> 'deliveryId'`,
        })
        .from(outbox),
    }),
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

async function readNow(executor: Executor): Promise<Date> {
  const [row] = await executor.execute<{ now: string }>(sql`select now()::text as now`);
  if (!row) throw new Error("The database did not tell the time");
  return new Date(row.now);
}

export type OpenWork = {
  /** Deliveries that are not settled, those under way included. */
  open: number;
  /** Deliveries that somebody is sending, or was when it died. */
  sending: number;
  /** Milliseconds until the first planned attempt, negative when it is past its time; null when none is planned. */
  nextDueMs: number | null;
};

/** What is still to be done. */
export async function countOpenWork(db: Database): Promise<OpenWork> {
  const [row] = await db
    .select({
      open: count(),
      sending: sql<number>`count(*) filter (where ${deliveries.status} = 'sending')::int`,
      nextDueMs: sql<
        number | null
      >`(extract(epoch from min(${deliveries.nextAttemptAt}) - now()) * 1000)::float8`,
    })
    .from(deliveries)
    .where(inArray(deliveries.status, ["queued", "sending", "retrying"]));
  return row ?? { open: 0, sending: 0, nextDueMs: null };
}

/** Makes all planned attempts due `byMs` milliseconds earlier: for these rows that time has passed. */
export async function bringAttemptsForward(db: Database, byMs: number): Promise<void> {
  await db
    .update(deliveries)
    .set({ nextAttemptAt: sql`${deliveries.nextAttemptAt} - make_interval(secs => ${byMs / 1000})` })
    .where(inArray(deliveries.status, ["queued", "retrying"]));
}

/** For these mails so many seconds have passed since they were queued: the cooldown before another one is over. */
export async function agePersonsMails(db: Database, username: string, bySeconds: number): Promise<void> {
  await db.execute(sql`update ${deliveries} set created_at = created_at - make_interval(secs => ${bySeconds})
    where user_id in (select id from ${users} where username = ${username})`);
}

export type SendTimes = {
  /** When the first attempt was wanted. */
  dueAt: Date;
  sentAt: Date | null;
  attempts: number;
  /** Attempts that used up a try. */
  tries: number;
  /** Attempts that the provider answered with "too many a second". */
  refused: number;
};

/** Of all deliveries, `queueDelaySeconds` after they were queued. */
export async function listSendTimes(db: Database, queueDelaySeconds = 2): Promise<SendTimes[]> {
  const rows = await db
    .select({
      createdAt: deliveries.createdAt,
      sentAt: deliveries.sentAt,
      attempts: deliveries.attemptCount,
      tries: sql<number>`${deliveries.attemptCount} - ${deliveries.lostCount} - ${deliveries.pacedCount}`,
      refused: sql<number>`(select count(*)::int from ${deliveryAttempts}
        where ${deliveryAttempts.deliveryId} = ${deliveries.id} and ${deliveryAttempts.errorCode} = 'rate_limited')`,
    })
    .from(deliveries);
  return rows.map(({ createdAt, ...row }) => ({
    ...row,
    dueAt: new Date(createdAt.getTime() + queueDelaySeconds * 1000),
  }));
}
