// Every way in which handing over a mail can fail, classed once for SMTP and HTTP (DESIGN.md section 5).
// Transports choose a code; the class, and what the person signing up is told, follow from this table.
import type { FailureClass, SendResult } from "./transport";

type FailureFacts = {
  class: FailureClass;
  /** True when the cause is the person's address: another address would help, another provider would not. */
  concernsAddress: boolean;
  /** For the person signing up: plain, true, without blame and without the provider's words. */
  sentence: string;
};

const transient = (sentence: string, concernsAddress = false): FailureFacts => ({
  class: "transient",
  concernsAddress,
  sentence,
});
const permanent = (sentence: string, concernsAddress = false): FailureFacts => ({
  class: "permanent",
  concernsAddress,
  sentence,
});
const ambiguous = (sentence: string): FailureFacts => ({
  class: "ambiguous",
  concernsAddress: false,
  sentence,
});
const ours = (sentence: string): FailureFacts => ({ class: "ours", concernsAddress: false, sentence });

const FAILURES = {
  // Before the provider had the mail, or refused for now.
  timeout: transient("The mail server did not answer."),
  connection_refused: transient("The mail server refused the connection."),
  connection_lost: transient("The connection to the mail server broke off."),
  unreachable: transient("The mail server could not be reached."),
  host_not_found: transient("The mail server could not be found."),
  server_busy: transient("The mail server is busy."),
  server_error: transient("The mail server has a problem of its own."),
  rate_limited: transient("The mail server asked us to slow down."),
  try_later: transient("The mail server asked us to try again later."),
  mailbox_busy: transient("The mailbox does not take mail at the moment.", true),
  mailbox_full_for_now: transient("The mailbox is full.", true),

  // Refused for good.
  mailbox_unavailable: permanent("That address does not accept mail.", true),
  mailbox_full: permanent("The mailbox is full.", true),
  address_invalid: permanent("The mail server does not know how to read that address.", true),
  address_not_supported: permanent("The mail server cannot deliver to an address with these letters.", true),
  domain_unavailable: permanent("The part of the address after the @ does not accept mail.", true),
  message_too_large: permanent("The mail was too large for the mail server."),
  mail_refused: permanent("The mail server refused the mail."),
  request_refused: permanent("The mail service refused the mail."),
  idempotency_conflict: permanent("The mail service already has another mail under the same number."),
  worker_lost: permanent("The program that sends our mail was interrupted too often."),

  // The provider may have the mail: the same key and Message-ID again, and never another provider.
  reply_lost: ambiguous("The mail may be on its way, but the mail server's answer was lost."),
  reply_timed_out: ambiguous("The mail may be on its way, but the mail server did not confirm it in time."),
  gateway_error: ambiguous("The mail may be on its way, but the mail service's answer was lost."),
  unreadable_answer: ambiguous("The mail may be on its way, but the mail service's answer made no sense."),
  already_in_progress: ambiguous("An earlier try is still under way."),

  // Our configuration, our standing with the provider, our program.
  credentials_refused: ours("The mail server did not let us sign in. This is our mistake, not yours."),
  sender_refused: ours("The mail server refused our sender address. This is our mistake, not yours."),
  relay_denied: ours("The mail server does not send mail for us. This is our mistake, not yours."),
  refused_by_policy: ours("The mail server refused mail from us. This is our mistake, not yours."),
  server_refuses: ours("The mail server does not take mail from us. This is our mistake, not yours."),
  quota_exceeded: ours("We have sent as much mail as our mail service allows for now."),
  tls_failed: ours("There was no secure connection to the mail server."),
  encryption_required: ours("The mail server wants a secure connection. This is our mistake, not yours."),
  endpoint_wrong: ours("Our mail service is not set up correctly. This is our mistake, not yours."),
  protocol_error: ours("What answered us was not a mail server. This is our mistake, not yours."),
  message_malformed: ours("The mail was not written correctly. This is our mistake, not yours."),
  render_failed: ours("The mail could not be written. This is our mistake, not yours."),
  unexpected_error: ours("Something unexpected happened while sending. This is our mistake, not yours."),
} as const satisfies Record<string, FailureFacts>;

export type FailureCode = keyof typeof FAILURES;

const factsOf = (code: string): FailureFacts | null =>
  Object.hasOwn(FAILURES, code) ? FAILURES[code as FailureCode] : null;

/** All codes, for tests and documentation. */
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

/** The class of a code; every code has exactly one. */
export function failureClass(code: FailureCode): FailureClass {
  return FAILURES[code].class;
}

/** What the person signing up is told. Codes of older or newer versions get a general sentence. */
export function failureSentence(code: string): string {
  return factsOf(code)?.sentence ?? "The mail could not be sent.";
}

/** True when another address would help. False for codes it does not know. */
export function concernsAddress(code: string): boolean {
  return factsOf(code)?.concernsAddress ?? false;
}

const TEXT_MAX = 500;

/**
 * A failed SendResult whose class follows from its code. `secrets` (our addresses, the recipient's, credentials) are
 * taken out of `text`, which is then put on one line and cut to 500 characters.
 */
export function failure(
  code: FailureCode,
  facts: {
    text: string;
    providerCode?: string | null;
    retryAfterSeconds?: number | null;
    secrets?: readonly string[];
  },
): Extract<SendResult, { outcome: "failed" }> {
  return {
    outcome: "failed",
    class: FAILURES[code].class,
    code,
    providerCode: facts.providerCode ?? null,
    providerText: cleanText(facts.text, facts.secrets ?? []),
    retryAfterSeconds: facts.retryAfterSeconds ?? null,
  };
}

function cleanText(text: string, secrets: readonly string[]): string {
  let cleaned = text;
  for (const secret of secrets) if (secret.length > 2) cleaned = replaceIgnoringCase(cleaned, secret, "…");
  return cleaned
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, TEXT_MAX)
    .toWellFormed();
}

function replaceIgnoringCase(text: string, what: string, by: string): string {
  const escaped = what.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(escaped, "gi"), () => by);
}
