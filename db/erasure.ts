// Finding and removing every row about one person. What hangs on a user or a delivery goes with it (foreign keys);
// what names one by value (events, the audit log) is removed here.
import { and, count, eq, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Executor } from "./client";
import {
  auditLog,
  confirmationCodes,
  deliveries,
  deliveryAttempts,
  outbox,
  sessions,
  suppressions,
  type UserRow,
  users,
} from "./schema";
import { intercomContacts, webhookDeliveries } from "./schema-outside";
import { keepCountsOf } from "./success-figures";
import { listReplaced } from "./users";

/** How many rows there are about a person. */
export type Traces = {
  accounts: number;
  claims: number;
  sessions: number;
  codes: number;
  deliveries: number;
  attempts: number;
  events: number;
  audit_rows: number;
  suppressions: number;
  webhooks: number;
  /** Contacts in Intercom, which are erased there afterwards. */
  intercom_contacts: number;
};

export type TracedUser = Pick<UserRow, "id" | "username" | "email" | "emailConfirmedAt" | "claimNetwork">;

const TRACED = {
  id: users.id,
  username: users.username,
  email: users.email,
  emailConfirmedAt: users.emailConfirmedAt,
  claimNetwork: users.claimNetwork,
};

/** The account and all claims on an address, and what these have replaced, held until the transaction ends. */
export function lockUsersOfEmail(executor: Executor, email: string): Promise<TracedUser[]> {
  return lockWithReplaced(executor, eq(users.email, email));
}

/** An account, and the claims that it has replaced. */
export function lockUserOfId(executor: Executor, id: string): Promise<TracedUser[]> {
  return lockWithReplaced(executor, eq(users.id, id));
}

/** A claim that its person gave up for another one is theirs too, whatever address it was on. */
async function lockWithReplaced(executor: Executor, areWanted: SQL): Promise<TracedUser[]> {
  const wanted = await executor.select(TRACED).from(users).where(areWanted).for("update");
  const ids = new Set(wanted.map(({ id }) => id));
  const replaced = await listReplaced(executor, [...ids]);
  const others = replaced.map(({ id }) => id).filter((id) => !ids.has(id));
  if (others.length === 0) return wanted;
  const more = await executor.select(TRACED).from(users).where(inArray(users.id, others)).for("update");
  return [...wanted, ...more];
}

/** Mails of these users, and mails to the address that another claim sent before it moved. */
function areTheirMails(userIds: readonly string[], email: string | null): SQL | undefined {
  const ofUsers = userIds.length > 0 ? inArray(deliveries.userId, [...userIds]) : undefined;
  const toAddress = email === null ? undefined : eq(deliveries.recipient, email);
  return or(ofUsers, toAddress) ?? sql`false`;
}

const among = (column: Parameters<typeof inArray>[0], ids: readonly string[]) =>
  ids.length > 0 ? inArray(column, [...ids]) : sql`false`;

function listMailIds(
  executor: Executor,
  userIds: readonly string[],
  email: string | null,
): Promise<string[]> {
  return executor
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(areTheirMails(userIds, email))
    .then((rows) => rows.map(({ id }) => id));
}

type Ids = { users: readonly string[]; mails: readonly string[]; webhooks: readonly string[] };

async function listIds(executor: Executor, users: readonly string[], email: string | null): Promise<Ids> {
  const told = await executor
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(among(webhookDeliveries.userId, users));
  return { users, mails: await listMailIds(executor, users, email), webhooks: told.map(({ id }) => id) };
}

const areTheirEvents = ({ users, mails, webhooks }: Ids) =>
  or(
    among(sql`${outbox.data} ->> 'userId'`, users),
    among(sql`${outbox.data} ->> 'deliveryId'`, mails),
    among(sql`${outbox.data} ->> 'webhookId'`, webhooks),
  );

/** Counts the rows about these users, and about the address beside them (null: none). */
export async function countTraces(
  executor: Executor,
  userIds: readonly string[],
  email: string | null,
): Promise<Traces> {
  const ids = await listIds(executor, userIds, email);
  const counted = async (query: Promise<{ count: number }[]>) => (await query)[0]?.count ?? 0;
  const rows = { count: count() };
  const isUser = among(users.id, userIds);
  return {
    accounts: await counted(
      executor
        .select(rows)
        .from(users)
        .where(and(isUser, isNotNull(users.emailConfirmedAt))),
    ),
    claims: await counted(
      executor
        .select(rows)
        .from(users)
        .where(and(isUser, isNull(users.emailConfirmedAt))),
    ),
    sessions: await counted(executor.select(rows).from(sessions).where(among(sessions.userId, userIds))),
    codes: await counted(
      executor.select(rows).from(confirmationCodes).where(among(confirmationCodes.userId, userIds)),
    ),
    deliveries: ids.mails.length,
    attempts: await counted(
      executor.select(rows).from(deliveryAttempts).where(among(deliveryAttempts.deliveryId, ids.mails)),
    ),
    events: await counted(executor.select(rows).from(outbox).where(areTheirEvents(ids))),
    audit_rows: await counted(executor.select(rows).from(auditLog).where(among(auditLog.userId, userIds))),
    suppressions:
      email === null
        ? 0
        : await counted(executor.select(rows).from(suppressions).where(eq(suppressions.email, email))),
    webhooks: ids.webhooks.length,
    intercom_contacts: await counted(
      executor.select(rows).from(intercomContacts).where(among(intercomContacts.userId, userIds)),
    ),
  };
}

/**
 * Removes them. `keepAudit`: the audit log's rows stay, about nobody any more. Returns the ids that went: what others
 * that were told of them, such as the engine, may hold still.
 */
export async function removeTraces(
  executor: Executor,
  userIds: readonly string[],
  email: string | null,
  { keepAudit }: { keepAudit: boolean },
): Promise<string[]> {
  const ids = await listIds(executor, userIds, email);
  const events = await executor.delete(outbox).where(areTheirEvents(ids)).returning({ id: outbox.id });
  if (!keepAudit) await executor.delete(auditLog).where(among(auditLog.userId, userIds));
  // Also what another claim, which stays, had sent to this address before it moved on.
  await keepCountsOf(executor, among(deliveries.id, ids.mails));
  await executor.delete(deliveries).where(among(deliveries.id, ids.mails));
  await executor.delete(users).where(among(users.id, userIds));
  if (email !== null) await executor.delete(suppressions).where(eq(suppressions.email, email));
  return [...ids.users, ...ids.mails, ...ids.webhooks, ...events.map(({ id }) => id)];
}
