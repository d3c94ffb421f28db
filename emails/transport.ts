// One adapter per provider speaks this. A transport never throws for what a provider or a network does:
// every outcome is a value, classed once (DESIGN.md section 5), so that callers never look at vendor codes.

/** One rendered email. `idempotencyKey` and `messageId` stay the same on every retry of one delivery. */
export type OutgoingEmail = {
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  /** `delivery/<id>`, 1 to 256 characters: the provider accepts one mail per key (Resend: for 24 h). */
  idempotencyKey: string;
  /** RFC 5322 Message-ID with angle brackets, stable per delivery. */
  messageId: string;
};

/**
 * - `transient`: time-outs before the provider had the mail, SMTP 4xx, HTTP 429 and 5xx: try again later.
 * - `permanent`: the address or the mail is refused for good: stop.
 * - `ambiguous`: the connection was lost after the mail was handed over: it may have been accepted.
 *   Try again with the same key on the same provider.
 * - `ours`: our configuration is wrong (key, sender domain, credentials): try again, and be loud.
 */
export type FailureClass = "transient" | "permanent" | "ambiguous" | "ours";

export type SendResult =
  | { outcome: "accepted"; providerMessageId: string | null }
  | {
      outcome: "failed";
      class: FailureClass;
      /** Stable, ours, snake_case: `timeout`, `connection_refused`, `rate_limited`, `quota_exceeded`, `mailbox_unavailable`, … */
      code: string;
      /** The provider's own code, e.g. `550 5.1.1` or `rate_limit_exceeded`; null when there was no answer. */
      providerCode: string | null;
      /** The provider's own words, cut to 500 characters, without addresses of ours. */
      providerText: string;
      /** Seconds the provider asked us to wait; null when it did not say. */
      retryAfterSeconds: number | null;
    };

/** Nothing was handed over: whoever sends it did not want it any more. */
export type Unwanted = { outcome: "unwanted" };

export type Transport = {
  /** `resend`, `smtp`: shown to operators and kept with each attempt. */
  readonly name: string;
  /**
   * Hands one email to the provider. Settles within `timeoutMs` whatever the provider does; that limit covers
   * connect, greeting and the whole conversation. Never rejects.
   *
   * `mayStillSend`: asked once more when the provider is ready for the mail, which may be seconds later; on a no the
   * mail is not handed over. It must not reject.
   */
  send(
    email: OutgoingEmail,
    timeoutMs: number,
    mayStillSend?: () => Promise<boolean>,
  ): Promise<SendResult | Unwanted>;
  /**
   * Goes through the motions with a mail that nobody is to get: takes as long as `send`, asks as that does, and fails as it does when the
   * provider is in trouble. The mail must hold nothing secret. Settles within `timeoutMs`; never rejects.
   */
  rehearse(
    email: OutgoingEmail,
    timeoutMs: number,
    mayStillSend?: () => Promise<boolean>,
  ): Promise<SendResult | Unwanted>;
};
