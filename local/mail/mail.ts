// What a kept mail is, and what can become of it after it was taken. Names follow Resend's `last_event`.

/** What will be said about a mail after it was accepted. `soft_bounced`: the mailbox is full, a bounce that may pass. */
export const OUTCOMES = [
  "delivered",
  "bounced",
  "soft_bounced",
  "delivery_delayed",
  "complained",
  "suppressed",
  "failed",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type MailState =
  | "queued"
  | "sent"
  | "delivered"
  | "delivery_delayed"
  | "bounced"
  | "complained"
  | "suppressed"
  | "failed";

export type WebhookState = "off" | "waiting" | "delivered" | "given_up";

/** One thing that happened to a mail, and whether the application was told. */
export type MailEvent = {
  /** Resend's name without `email.`. */
  type: Exclude<MailState, "queued">;
  /** For bounces: whether the same address may work later. */
  isSoft?: boolean;
  /** ISO 8601, UTC. */
  at: string;
  webhook: WebhookState;
  /** Tries to tell the application so far. */
  webhookTries: number;
};

export type Header = { name: string; value: string };
export type Attachment = { filename: string; contentType: string; sizeBytes: number };

/** What a provider takes in, whichever way it came. */
export type IncomingMail = {
  via: "resend" | "smtp";
  /** As written: `Name <address>` or the bare address. */
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  replyTo: string[];
  subject: string;
  html: string | null;
  text: string | null;
  headers: Header[];
  tags: Header[];
  /** Names and sizes; the content of attachments is not kept. */
  attachments: Attachment[];
  /** With angle brackets. */
  messageId: string;
  idempotencyKey: string | null;
  /** SMTP: the message as received, cut to `RAW_CHARS_MAX`. Null for Resend: the fields are the whole request. */
  raw: string | null;
};

export type Mail = IncomingMail & {
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  receivedAt: string;
  /** Which try of this mail was taken, from 1. */
  tries: number;
  /** The earlier mail with the same Message-ID: a double. */
  duplicateOf: string | null;
  outcome: Outcome;
  state: MailState;
  events: MailEvent[];
};

export const RAW_CHARS_MAX = 512 * 1024;

/** The bare address, lower-case, of `Name <address>` or `address`. */
export function bareAddress(written: string): string {
  const inBrackets = /<([^<>]*)>\s*$/.exec(written)?.[1];
  return (inBrackets ?? written).trim().toLowerCase();
}

/** Everyone the mail goes to, as bare addresses, without repetition. */
export function recipientsOf(mail: Pick<IncomingMail, "to" | "cc" | "bcc">): string[] {
  return [...new Set([...mail.to, ...mail.cc, ...mail.bcc].map(bareAddress))];
}
