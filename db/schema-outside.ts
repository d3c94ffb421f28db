// Tables beside the product's own (schema.ts): what others are told of it, and what it tells itself. Every row about a
// person goes with its user.
import { sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { instant, users } from "./schema";

/** What our own webhooks tell (domain/webhooks.ts). */
export const webhookType = pgEnum("webhook_type", ["user.registered", "user.confirmed", "delivery.failed"]);
export const webhookStatus = pgEnum("webhook_status", ["waiting", "delivered", "failed"]);

/** What Intercom was told of, or is about to be: whoever is here has to be erased there too (domain/intercom-sync.ts). */
export const intercomContacts = pgTable("intercom_contacts", {
  userId: uuid("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  /** Intercom's own; null until it has answered for the first time. */
  contactId: text("contact_id"),
  syncedAt: instant("synced_at"),
});

/** One event for one of WEBHOOK_URLS. Its body is made of the row, so that every attempt is the same to the byte. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: uuid("id").primaryKey(),
    /** The engine's event, which is the outbox row's id; `webhook-id` is made of it. */
    eventId: text("event_id").notNull(),
    type: webhookType("type").notNull(),
    /** Which of WEBHOOK_URLS: a hash, because an address may hold a secret. */
    endpoint: text("endpoint").notNull(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Ids, states and codes; never an address. */
    data: jsonb("data").$type<Record<string, string>>().notNull(),
    occurredAt: instant("occurred_at").notNull(),
    status: webhookStatus("status").notNull().default("waiting"),
    /** Attempts begun; rows in webhook_attempts. */
    attemptCount: integer("attempt_count").notNull().default(0),
    maxAttempts: integer("max_attempts").notNull(),
    /** While it waits: when the next attempt is due. Long past it, nobody is at it any more. */
    nextAttemptAt: instant("next_attempt_at"),
    settledAt: instant("settled_at"),
  },
  (table) => [
    uniqueIndex("webhook_deliveries_event_key").on(table.eventId, table.endpoint),
    index("webhook_deliveries_occurred_idx").on(table.occurredAt, table.id),
    index("webhook_deliveries_status_idx").on(table.status, table.occurredAt, table.id),
    index("webhook_deliveries_user_idx").on(table.userId),
    index("webhook_deliveries_settled_idx").on(table.settledAt),
    index("webhook_deliveries_due_idx").on(table.nextAttemptAt).where(sql`${table.status} = 'waiting'`),
  ],
);

export const webhookAttempts = pgTable(
  "webhook_attempts",
  {
    webhookId: uuid("webhook_id")
      .notNull()
      .references(() => webhookDeliveries.id, { onDelete: "cascade" }),
    /** From 1. */
    number: integer("number").notNull(),
    startedAt: instant("started_at").notNull(),
    /** Null while it is under way, and for good when its worker died. */
    endedAt: instant("ended_at"),
    /** What the endpoint answered; null when it did not. */
    httpStatus: smallint("http_status"),
    /** Why it was not taken; null when it was. */
    reasonCode: text("reason_code"),
  },
  (table) => [primaryKey({ columns: [table.webhookId, table.number] })],
);

/** Registrations that we make ourselves to see whether they come through (domain/canary.ts). */
export const canaryRuns = pgTable(
  "canary_runs",
  {
    id: uuid("id").primaryKey(),
    startedAt: instant("started_at").notNull(),
    /** Of its claim; both lead nowhere once the run has ended. */
    userId: uuid("user_id"),
    deliveryId: uuid("delivery_id"),
    /** Until the registration was answered, as a person would have been. */
    answeredMs: integer("answered_ms"),
    /** When a provider took the mail. */
    acceptedAt: instant("accepted_at"),
    endedAt: instant("ended_at"),
    /** Why it did not come through; null while it is under way, and when it did. */
    reasonCode: text("reason_code"),
  },
  (table) => [
    index("canary_runs_started_idx").on(table.startedAt),
    index("canary_runs_open_idx").on(table.startedAt).where(sql`${table.endedAt} is null`),
  ],
);

export type WebhookRow = typeof webhookDeliveries.$inferSelect;
export type WebhookAttemptRow = typeof webhookAttempts.$inferSelect;
export type WebhookType = WebhookRow["type"];
export type WebhookStatus = WebhookRow["status"];
export type CanaryRunRow = typeof canaryRuns.$inferSelect;

/**
 * What had become of mails whose rows are removed by now: of those queued in one quarter of an hour, as many as one
 * transaction removed. About nobody. Rows are added and never changed, so that nobody waits for anybody.
 */
export const removedMails = pgTable(
  "removed_mails",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    startsAt: instant("starts_at").notNull(),
    queued: integer("queued").notNull(),
    arrived: integer("arrived").notNull(),
    bounced: integer("bounced").notNull(),
    failed: integer("failed").notNull(),
    tried: integer("tried").notNull(),
    retried: integer("retried").notNull(),
  },
  (table) => [index("removed_mails_starts_at_idx").on(table.startsAt)],
);

/** Of people who are gone here: ids that the engine may hold still, until it was told to forget them. */
export const forgottenIds = pgTable(
  "forgotten_ids",
  {
    id: uuid("id").primaryKey(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("forgotten_ids_created_at_idx").on(table.createdAt)],
);
