// Removing what has come to its end (domain/retention.ts says when), a batch at a time: a statement that removes a
// million rows would hold its locks for as long. Rows that somebody holds are left for the next time.
import {
  and,
  getTableName,
  inArray,
  isNotNull,
  isNull,
  lte,
  ne,
  notInArray,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Executor } from "./client";
import { lockDeliveries } from "./locks";
import {
  answerTimes,
  auditLog,
  confirmationCodes,
  deliveries,
  mailStops,
  operatorSessions,
  outbox,
  providerEvents,
  rateLimits,
  serverProcesses,
  sessions,
  suppressions,
  users,
} from "./schema";
import { canaryRuns, forgottenIds, removedMails, webhookDeliveries } from "./schema-outside";
import { keepCountsOf } from "./success-figures";

type Target = { table: PgTable; key: PgColumn; isOver: (before: Date) => SQL | undefined };

/** What can be removed by age. `before`: what ended then or earlier is over. */
const TARGETS = {
  claims: {
    table: users,
    key: users.id,
    isOver: (before) => and(isNull(users.emailConfirmedAt), lte(users.claimExpiresAt, before)),
  },
  codes: {
    table: confirmationCodes,
    key: confirmationCodes.id,
    isOver: (before) => lte(confirmationCodes.createdAt, before),
  },
  deliveries: {
    table: deliveries,
    key: deliveries.id,
    isOver: (before) =>
      and(
        lte(deliveries.createdAt, before),
        notInArray(deliveries.status, ["queued", "sending", "retrying"]),
      ),
  },
  provider_events: {
    table: providerEvents,
    key: providerEvents.id,
    isOver: (before) => lte(providerEvents.receivedAt, before),
  },
  outbox: {
    table: outbox,
    key: outbox.id,
    isOver: (before) => and(isNotNull(outbox.publishedAt), lte(outbox.publishedAt, before)),
  },
  sessions: {
    table: sessions,
    key: sessions.id,
    isOver: (before) =>
      or(
        lte(sessions.expiresAt, before),
        and(isNotNull(sessions.revokedAt), lte(sessions.revokedAt, before)),
      ),
  },
  operator_sessions: {
    table: operatorSessions,
    key: operatorSessions.tokenHash,
    isOver: (before) => lte(operatorSessions.expiresAt, before),
  },
  limits: { table: rateLimits, key: rateLimits.key, isOver: (before) => lte(rateLimits.endsAt, before) },
  audit_log: { table: auditLog, key: auditLog.id, isOver: (before) => lte(auditLog.at, before) },
  suppressions: {
    table: suppressions,
    key: suppressions.email,
    isOver: (before) => lte(suppressions.createdAt, before),
  },
  mail_stops: {
    table: mailStops,
    key: mailStops.emailHash,
    isOver: (before) => lte(mailStops.endsAt, before),
  },
  answer_times: {
    table: answerTimes,
    key: answerTimes.startsAt,
    isOver: (before) => lte(answerTimes.startsAt, before),
  },
  forgotten_ids: {
    table: forgottenIds,
    key: forgottenIds.id,
    isOver: (before) => lte(forgottenIds.createdAt, before),
  },
  removed_mails: {
    table: removedMails,
    key: removedMails.id,
    isOver: (before) => lte(removedMails.startsAt, before),
  },
  server_processes: {
    table: serverProcesses,
    key: serverProcesses.id,
    isOver: (before) => lte(serverProcesses.seenAt, before),
  },
  webhooks: {
    table: webhookDeliveries,
    key: webhookDeliveries.id,
    isOver: (before) =>
      and(lte(webhookDeliveries.occurredAt, before), ne(webhookDeliveries.status, "waiting")),
  },
  canary: { table: canaryRuns, key: canaryRuns.id, isOver: (before) => lte(canaryRuns.startedAt, before) },
} as const satisfies Record<string, Target>;

export type Removable = keyof typeof TARGETS;

/** The table that a kind of data lies in; what hangs on its rows goes with them. */
export const tableOf = (what: Removable): string => getTableName(TARGETS[what].table);

/** Removes up to `limit` rows that were over at `before`. Returns how many. */
export async function removeOver(
  executor: Executor,
  what: Removable,
  before: Date,
  limit: number,
): Promise<number> {
  const { table, key, isOver }: Target = TARGETS[what];
  // An array, not `in`: the planner may run a subquery with a limit more than once (postgresql.org, SELECT: FOR UPDATE).
  const over = sql`select ${key} from ${table} where ${isOver(before)} limit ${limit} for update skip locked`;
  if (what === "claims") return removeClaims(executor, over);
  const rows = await executor.execute(
    sql`delete from ${table} where ${key} = any(array(${over})) returning 1`,
  );
  return rows.length;
}

/** What hangs on a claim goes in the order of the constraints, not in that of the locks (locks.ts): so those come first. */
async function removeClaims(executor: Executor, over: SQL): Promise<number> {
  return executor.transaction(async (tx) => {
    const rows = await tx.execute<{ id: string }>(over);
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await lockDeliveries(tx, ids);
    await keepCountsOf(tx, inArray(deliveries.userId, ids));
    await tx.delete(users).where(inArray(users.id, ids));
    return ids.length;
  });
}
