// What a person who registered may know about their confirmation. The API, the event stream and the page
// all show this one shape, so they cannot disagree (promise P8). Snake case because it goes out as JSON.

/** Where one delivery stands. `retrying` waits for `next_attempt_at`; the last six never move by themselves. */
export const DELIVERY_STATUSES = [
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
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why a delivery stands where it stands, in a code for machines and a sentence for people. */
export type DeliveryReason = { code: string; message: string };

export type ResendRefusal = "cooldown" | "limit" | "already_confirmed";

/** All instants are ISO 8601 in UTC. */
export type Confirmation = {
  confirmed: boolean;
  /** The address as the person typed it (normalised). */
  email: string;
  registered_at: string;
  /** The newest delivery; null only for accounts that never had one. */
  delivery: {
    id: string;
    status: DeliveryStatus;
    /** Attempts begun so far, from 1; 0 while nothing was tried. */
    attempt: number;
    max_attempts: number;
    queued_at: string;
    /** When the next attempt is due; null when none is planned. */
    next_attempt_at: string | null;
    sent_at: string | null;
    delivered_at: string | null;
    reason: DeliveryReason | null;
  } | null;
  code: {
    tries_left: number;
    /** The next code is looked at from then on; null when that is now. */
    next_try_at: string | null;
    /** Null until the provider accepted the mail: only then the lifetime starts. */
    expires_at: string | null;
  };
  resend: {
    allowed: boolean;
    /** When the next "resend" will be accepted; null when it is now, or never again. */
    next_allowed_at: string | null;
    reason: ResendRefusal | null;
  };
  /** How often the address can still be changed before it is confirmed. */
  email_changes_left: number;
  /** The server's clock when this was read, so that a page can count down with a wrong local clock. */
  server_time: string;
};

/** What a link is about, for whoever is asked to confirm it. Times are ISO 8601 in UTC. */
export type LinkData = {
  username: string;
  email: string;
  registered_at: string;
  /** Browser and system of whoever registered, in words; null when they did not say. */
  device: string | null;
  /** The one who asks holds this very claim. */
  is_yours: boolean;
};

/** What "This wasn't me" in a mail is about. Times are ISO 8601 in UTC. */
export type NotMeData = {
  /** Where the mail went. */
  email: string;
  /** Until when we send nothing to it; null when we would. */
  stopped_until: string | null;
  /** The claim, while it can still be ended; null when it has ended, moved to another address or become an account. */
  registration: { username: string; registered_at: string; device: string | null } | null;
};
