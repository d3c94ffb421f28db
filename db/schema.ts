// Every table of the product. Instants are timestamptz; lists of states are enums so that a typo cannot be stored.
// The person's facts (users, codes, deliveries, outbox) are written together in one transaction (promise P2).
import { type SQL, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** Every one of messages/languages.ts, also those whose texts are not there yet. */
const KNOWN_LANGUAGES = ["en", "de", "fr", "es", "pt", "ja", "zh", "ar", "fa"] as const;
const language = () => text("language", { enum: KNOWN_LANGUAGES }).notNull().default("en");
const isKnownLanguage = (column: AnyPgColumn): SQL =>
  sql`${column} in (${sql.raw(KNOWN_LANGUAGES.map((name) => `'${name}'`).join(", "))})`;

/** For every table of the product. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

/** A hash of the system this replaces (domain/django-password.ts), and what its work was. */
export const isOldHash = (column: AnyPgColumn): SQL => sql`${column} like 'pbkdf2_sha256$%'`;
export const oldIterations = (column: AnyPgColumn): SQL<number> =>
  sql<number>`split_part(${column}, '$', 2)::int`;

export const deliveryStatus = pgEnum("delivery_status", [
  "queued",
  "sending",
  "retrying",
  "sent",
  "delivered",
  "failed",
  "bounced",
  "complained",
  "suppressed",
  "cancelled",
]);
export const deliveryKind = pgEnum("delivery_kind", [
  "confirmation",
  "existing_account",
  "password_changed",
  "address_changed", // a code like any other, in a mail that says why it comes to this address
  "welcome",
]);
export const attemptOutcome = pgEnum("attempt_outcome", [
  "accepted", // the provider took the mail
  "deduplicated", // it had taken it before, under the same idempotency key
  "failed",
  "lost", // the worker died before it could tell
  "withheld", // not sent on purpose: the owner was told today (docs/decisions/007), or nobody wants it any more
]);
/** What domain/audit-log.ts writes down; it says what each one means. */
export const auditType = pgEnum("audit_type", [
  "registered",
  "registration_refused",
  "confirmed",
  "confirmation_refused",
  "code_resent",
  "address_changed",
  "signed_in",
  "sign_in_refused",
  "session_revoked",
  "password_changed",
  "account_deleted",
  "person_erased",
  "disowned",
  "mail_allowed",
  "operator_signed_in",
  "operator_sign_in_refused",
  "operator_signed_out",
  "delivery_replayed",
  "delivery_cancelled",
  "mail_requested",
  "users_imported",
  "webhook_replayed",
]);
export const auditActor = pgEnum("audit_actor", ["person", "operator"]);
export const sessionScope = pgEnum("session_scope", ["claim", "full"]);
/** A row with `email_confirmed_at` null is a claim: it expires, and never blocks the address (promise P7). */
export const users = pgTable(
  "users",
  {
    id: uuid("id").primaryKey(),
    username: text("username").notNull(),
    /** Normalised by domain/email-address.ts. */
    email: text("email").notNull(),
    passwordHash: text("password_hash").notNull(),
    emailConfirmedAt: instant("email_confirmed_at"),
    /** A claim ends here; meaningless once confirmed. */
    claimExpiresAt: instant("claim_expires_at").notNull(),
    /** Wrong codes over the whole claim: a new code does not reset it (NIST SP 800-63B 3.1.3.2). */
    wrongCodeCount: integer("wrong_code_count").notNull().default(0),
    /** When the last of them was typed. */
    wrongCodeAt: instant("wrong_code_at"),
    /** How often the claim's address was changed. */
    addressChangeCount: integer("address_change_count").notNull().default(0),
    /** Keyed hash of the network the claim came from; ends with the claim. */
    claimNetwork: text("claim_network"),
    /** Where `rate_limits` counts further mails to a claim's address; of no use once it is confirmed. */
    furtherMailsKey: text("further_mails_key"),
    /** The claim that its holder gave up for this one (docs/decisions/009), there or gone. */
    replaces: uuid("replaces"),
    /** What they registered in; their mails are written in it (docs/decisions/018). */
    language: language(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    check("users_language_check", isKnownLanguage(table.language)),
    uniqueIndex("users_username_key").on(sql`lower(${table.username})`),
    uniqueIndex("users_confirmed_email_key")
      .on(table.email)
      .where(sql`${table.emailConfirmedAt} is not null`),
    index("users_email_idx").on(table.email),
    index("users_open_claims_idx").on(table.claimExpiresAt).where(sql`${table.emailConfirmedAt} is null`),
    index("users_replaces_idx").on(table.replaces).where(sql`${table.replaces} is not null`),
    index("users_networks_idx").on(table.claimExpiresAt).where(sql`${table.claimNetwork} is not null`),
    index("users_old_hash_idx")
      .on(sql`(${oldIterations(table.passwordHash)})`)
      .where(isOldHash(table.passwordHash)),
  ],
);

export const confirmationCodes = pgTable(
  "confirmation_codes",
  {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** HMAC-SHA-256 under a server key, base64url; the code itself is nowhere (promise P5). */
    codeHash: text("code_hash").notNull(),
    /** The same of the link beside the code; null in rows that are older than links. */
    linkHash: text("link_hash"),
    tries: smallint("tries").notNull().default(0),
    /** Null until the provider accepted the mail: only then the lifetime starts. */
    expiresAt: instant("expires_at"),
    usedAt: instant("used_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("confirmation_codes_user_idx").on(table.userId, table.createdAt),
    index("confirmation_codes_created_idx").on(table.createdAt),
    uniqueIndex("confirmation_codes_link_key").on(table.linkHash),
  ],
);

/** One email to one person. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: deliveryKind("kind").notNull(),
    codeId: uuid("code_id").references(() => confirmationCodes.id, { onDelete: "set null" }),
    recipient: text("recipient").notNull(),
    sender: text("sender").notNull(),
    /** Its reader's, as it was when the mail was queued: every attempt is written in it. */
    language: language(),
    status: deliveryStatus("status").notNull().default("queued"),
    /** Attempts begun, lost ones included; rows in delivery_attempts. */
    attemptCount: integer("attempt_count").notNull().default(0),
    /** Attempts whose worker died: they do not use up a try. */
    lostCount: integer("lost_count").notNull().default(0),
    /** Attempts that were only too early for the provider's rate: they do not use up a try either. */
    pacedCount: integer("paced_count").notNull().default(0),
    maxAttempts: integer("max_attempts").notNull(),
    /** Of domain/canary.ts: in no figure of how sending goes. */
    isCanary: boolean("is_canary").notNull().default(false),
    /** When the next attempt is due; null when none is planned. */
    nextAttemptAt: instant("next_attempt_at"),
    /** Who is sending right now, and until when that is believed; both null otherwise. */
    leaseToken: uuid("lease_token"),
    leaseUntil: instant("lease_until"),
    providerMessageId: text("provider_message_id"),
    /** Not sent itself: the owner had been told by that mail within a day (domain/withheld-mail.ts). */
    standsForId: uuid("stands_for_id").references((): AnyPgColumn => deliveries.id, { onDelete: "set null" }),
    /** What became of a mail that was withheld shows to whoever waits for it from then on; null: at once. */
    endShownFrom: instant("end_shown_from"),
    reasonCode: text("reason_code"),
    reasonText: text("reason_text"),
    createdAt: instant("created_at").notNull(),
    sentAt: instant("sent_at"),
    deliveredAt: instant("delivered_at"),
    settledAt: instant("settled_at"),
  },
  (table) => [
    check("deliveries_language_check", isKnownLanguage(table.language)),
    index("deliveries_user_idx").on(table.userId, table.createdAt),
    // Operators' lists are by key: newest first, and of equal instants by id (db/delivery-list.ts).
    index("deliveries_created_idx").on(table.createdAt, table.id),
    index("deliveries_status_idx").on(table.status, table.createdAt, table.id),
    index("deliveries_domain_idx").on(sql`split_part(${table.recipient}, '@', 2)`, table.createdAt, table.id),
    // What a masked address tells: a mailbox at a provider that half of all people are at is found among few.
    index("deliveries_masked_idx").on(
      sql`split_part(${table.recipient}, '@', 2)`,
      sql`left(${table.recipient}, 1)`,
      sql`right(split_part(${table.recipient}, '@', 1), 1)`,
      table.createdAt,
      table.id,
    ),
    index("deliveries_provider_message_idx").on(table.providerMessageId),
    index("deliveries_recipient_idx").on(table.recipient, table.createdAt),
    index("deliveries_stands_for_idx").on(table.standsForId).where(sql`${table.standsForId} is not null`),
    index("deliveries_due_idx")
      .on(table.nextAttemptAt)
      .where(sql`${table.status} in ('queued', 'retrying', 'sending')`),
  ],
);

/** The ledger: every attempt is a row, also one whose worker died. */
export const deliveryAttempts = pgTable(
  "delivery_attempts",
  {
    deliveryId: uuid("delivery_id")
      .notNull()
      .references(() => deliveries.id, { onDelete: "cascade" }),
    /** From 1. */
    number: integer("number").notNull(),
    provider: text("provider").notNull(),
    startedAt: instant("started_at").notNull(),
    /** When its delivery was: lists of deliveries by provider or by error are read in this order. */
    queuedAt: instant("queued_at").notNull().defaultNow(),
    endedAt: instant("ended_at"),
    outcome: attemptOutcome("outcome"),
    /** Handed to nobody from the start, though the provider is asked: whatever comes of it has told no one. */
    isRehearsal: boolean("is_rehearsal").notNull().default(false),
    errorClass: text("error_class"),
    errorCode: text("error_code"),
    providerCode: text("provider_code"),
    providerText: text("provider_text"),
    providerMessageId: text("provider_message_id"),
  },
  (table) => [
    primaryKey({ columns: [table.deliveryId, table.number] }),
    // Promise P3, held by the database: one accepted attempt per delivery.
    uniqueIndex("delivery_attempts_one_accepted")
      .on(table.deliveryId)
      .where(sql`${table.outcome} = 'accepted'`),
    index("delivery_attempts_open_idx").on(table.startedAt).where(sql`${table.outcome} is null`),
    index("delivery_attempts_provider_idx").on(table.provider, table.queuedAt, table.deliveryId),
    index("delivery_attempts_provider_error_idx")
      .on(table.provider, table.errorClass, table.queuedAt, table.deliveryId)
      .where(sql`${table.errorClass} is not null`),
    index("delivery_attempts_error_idx")
      .on(table.errorClass, table.queuedAt, table.deliveryId)
      .where(sql`${table.errorClass} is not null`),
  ],
);

/** Events that happened with the facts; inngest/publish.ts sends them on. Ids only, never an address or a code. */
export const outbox = pgTable(
  "outbox",
  {
    /** Becomes the event's id, by which the engine drops doubles. */
    id: uuid("id").primaryKey(),
    name: text("name").notNull(),
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    createdAt: instant("created_at").notNull(),
    /** Nobody else publishes this row before then. */
    leaseUntil: instant("lease_until"),
    tries: integer("tries").notNull().default(0),
    publishedAt: instant("published_at"),
  },
  (table) => [
    index("outbox_waiting_idx").on(table.createdAt).where(sql`${table.publishedAt} is null`),
    index("outbox_delivery_idx").on(sql`(${table.data} ->> 'deliveryId')`),
    index("outbox_published_idx").on(table.publishedAt).where(sql`${table.publishedAt} is not null`),
  ],
);

/** What a provider told us afterwards, by its own event id: the same event twice changes nothing. */
export const providerEvents = pgTable(
  "provider_events",
  {
    /** The webhook's id (Standard Webhooks: `webhook-id`, at Resend `svix-id`). */
    id: text("id").primaryKey(),
    type: text("type").notNull(),
    deliveryId: uuid("delivery_id").references(() => deliveries.id, { onDelete: "cascade" }),
    receivedAt: instant("received_at").notNull(),
  },
  (table) => [
    index("provider_events_delivery_idx").on(table.deliveryId),
    index("provider_events_received_idx").on(table.receivedAt),
  ],
);

/** Addresses that must not be mailed after a hard bounce or a complaint. */
export const suppressions = pgTable("suppressions", {
  email: text("email").primaryKey(),
  /** `bounced`, `complained`, `suppressed` (by the provider). */
  reason: text("reason").notNull(),
  createdAt: instant("created_at").notNull(),
});

/** Addresses whose reader said "this wasn't me": nothing is sent to them until then (domain/mail-stop.ts). */
export const mailStops = pgTable(
  "mail_stops",
  {
    /** Keyed hash of the normalised address. */
    emailHash: text("email_hash").primaryKey(),
    createdAt: instant("created_at").notNull(),
    endsAt: instant("ends_at").notNull(),
  },
  (table) => [index("mail_stops_ends_idx").on(table.endsAt)],
);

/** When the next mails may be handed over (EMAIL_RATE_LIMIT): one row that all processes move on (db/send-pace.ts). */
export const sendPace = pgTable("send_pace", {
  lane: text("lane").primaryKey(),
  /** No mail goes out before this; moved on by one interval with every mail. */
  gateAt: instant("gate_at").notNull(),
  /** The first place in the queue that nobody has been told to come back at. */
  planAt: instant("plan_at").notNull(),
  /** The provider said "too many": nobody begins before this. */
  holdUntil: instant("hold_until"),
});

/** When something limited was done lately, by one subject (domain/limits.ts). Subjects are stored as keyed hashes. */
export const rateLimits = pgTable(
  "rate_limits",
  {
    /** `<limit>:<hash>`. */
    key: text("key").primaryKey(),
    /** One instant a time, as many as the largest of the limit's windows allows. */
    hits: instant("hits").array().notNull(),
    /** Nothing in the row counts any more after this. */
    endsAt: instant("ends_at").notNull(),
  },
  (table) => [index("rate_limits_ends_idx").on(table.endsAt)],
);

/** Behind the browser's cookie and the API tokens alike: revoking the row ends both. */
export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    scope: sessionScope("scope").notNull(),
    /** Browser and system in words, for the person's own list; null when the client did not say. */
    device: text("device"),
    createdAt: instant("created_at").notNull(),
    /** To within SEEN_EVERY_SECONDS (domain/tokens.ts). */
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
    expiresAt: instant("expires_at").notNull(),
    revokedAt: instant("revoked_at"),
    /** The claim's session that this one took the place of, until this one is used for the first time. */
    replaces: uuid("replaces"),
  },
  (table) => [
    index("sessions_replaces_idx").on(table.replaces).where(sql`${table.replaces} is not null`),
    index("sessions_user_idx").on(table.userId),
    index("sessions_expires_idx").on(table.expiresAt),
    index("sessions_revoked_idx").on(table.revokedAt).where(sql`${table.revokedAt} is not null`),
  ],
);

export const refreshTokens = pgTable(
  "refresh_tokens",
  {
    /** SHA-256 of the token, base64url. The token has 256 random bits, so a fast hash is enough. */
    tokenHash: text("token_hash").primaryKey(),
    sessionId: uuid("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    createdAt: instant("created_at").notNull(),
    /** Set at rotation; a second use after that revokes the session (RFC 9700 section 4.14.2). */
    usedAt: instant("used_at"),
  },
  (table) => [index("refresh_tokens_session_idx").on(table.sessionId)],
);

/** Where the operator is signed in; apart from people's sessions, because an operator is no user (domain/operator-access.ts). */
export const operatorSessions = pgTable(
  "operator_sessions",
  {
    /** Keyed hash of the cookie's token. */
    tokenHash: text("token_hash").primaryKey(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("operator_sessions_expires_idx").on(table.expiresAt)],
);

/** Who did what. No secret, no address, no name; rows end by domain/retention.ts. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant("at").notNull(),
    type: auditType("type").notNull(),
    actor: auditActor("actor").notNull(),
    /** Whom it is about; null when that is nobody we know, or nobody any more. */
    userId: uuid("user_id").references(() => users.id, { onDelete: "set null" }),
    /** Keyed hash of the network it came from (domain/rate-limit.ts); null when that is not known. */
    network: text("network"),
    /** Words and numbers that domain/audit-log.ts lists for each type. */
    details: jsonb("details").$type<Record<string, string | number>>().notNull(),
  },
  (table) => [
    // Operators' pages are by key, newest first, under each filter (db/audit-log.ts).
    index("audit_log_at_idx").on(table.at, table.id),
    index("audit_log_type_idx").on(table.type, table.at, table.id),
    index("audit_log_user_idx").on(table.userId, table.at, table.id),
    index("audit_log_operator_idx").on(table.at, table.id).where(sql`${table.actor} = 'operator'`),
  ],
);

/**
 * How many registrations were answered in each minute and in each quarter of an hour, by how long that took. Every
 * server process adds its own.
 */
export const answerTimes = pgTable(
  "answer_times",
  {
    /** How long the row's time is: one of domain/answer-times.ts. */
    seconds: smallint("seconds").notNull(),
    startsAt: instant("starts_at").notNull(),
    /** Of domain/histogram.ts, which says how long each is. */
    bucket: smallint("bucket").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [primaryKey({ columns: [table.seconds, table.startsAt, table.bucket] })],
);

/** The server processes that live, and what each knows of the parts it depends on (domain/server-processes.ts). */
export const serverProcesses = pgTable(
  "server_processes",
  {
    id: uuid("id").primaryKey(),
    startedAt: instant("started_at").notNull(),
    seenAt: instant("seen_at").notNull(),
    /** States of its circuit breakers; `mail_provider` null: there is no second provider, so nobody keeps count. */
    engine: text("engine").notNull(),
    mailProvider: text("mail_provider"),
  },
  (table) => [index("server_processes_seen_idx").on(table.seenAt)],
);

export type UserRow = typeof users.$inferSelect;
export type NewUserRow = typeof users.$inferInsert;
export type ConfirmationCodeRow = typeof confirmationCodes.$inferSelect;
export type DeliveryRow = typeof deliveries.$inferSelect;
export type DeliveryAttemptRow = typeof deliveryAttempts.$inferSelect;
export type OutboxRow = typeof outbox.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type MailStopRow = typeof mailStops.$inferSelect;
export type ProviderEventRow = typeof providerEvents.$inferSelect;
export type AuditLogRow = typeof auditLog.$inferSelect;
export type AuditType = AuditLogRow["type"];
export type DeliveryKind = DeliveryRow["kind"];
