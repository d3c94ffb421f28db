// Every way in which handing over a mail can fail, classed once for SMTP and HTTP (DESIGN.md section 5).
// Transports choose a code; its class follows from this table, and what the person signing up is told from messages/.
import type { TextName } from "@/messages/texts";
import type { FailureClass, SendResult } from "./transport";

type FailureFacts = {
  class: FailureClass;
  /** True when the cause is the person's address: another address would help, another provider would not. */
  concernsAddress: boolean;
};

const transient = (concernsAddress = false): FailureFacts => ({ class: "transient", concernsAddress });
const permanent = (concernsAddress = false): FailureFacts => ({ class: "permanent", concernsAddress });
const ambiguous = (): FailureFacts => ({ class: "ambiguous", concernsAddress: false });
const ours = (): FailureFacts => ({ class: "ours", concernsAddress: false });

const FAILURES = {
  // Before the provider had the mail, or refused for now.
  timeout: transient(),
  connection_refused: transient(),
  connection_lost: transient(),
  unreachable: transient(),
  host_not_found: transient(),
  server_busy: transient(),
  server_error: transient(),
  rate_limited: transient(),
  try_later: transient(),
  mailbox_busy: transient(true),
  mailbox_full_for_now: transient(true),

  // Refused for good.
  mailbox_unavailable: permanent(true),
  mailbox_full: permanent(true),
  address_invalid: permanent(true),
  address_not_supported: permanent(true),
  domain_unavailable: permanent(true),
  message_too_large: permanent(),
  mail_refused: permanent(),
  request_refused: permanent(),
  idempotency_conflict: permanent(),
  worker_lost: permanent(),

  // The provider may have the mail: the same key and Message-ID again, and never another provider.
  reply_lost: ambiguous(),
  reply_timed_out: ambiguous(),
  gateway_error: ambiguous(),
  unreadable_answer: ambiguous(),
  already_in_progress: ambiguous(),

  // Our configuration, our standing with the provider, our program.
  credentials_refused: ours(),
  sender_refused: ours(),
  relay_denied: ours(),
  refused_by_policy: ours(),
  server_refuses: ours(),
  quota_exceeded: ours(),
  tls_failed: ours(),
  encryption_required: ours(),
  endpoint_wrong: ours(),
  protocol_error: ours(),
  message_malformed: ours(),
  render_failed: ours(),
  unexpected_error: ours(),
} as const satisfies Partial<Record<TextName<"reason">, FailureFacts>>;

export type FailureCode = keyof typeof FAILURES;

const factsOf = (code: string): FailureFacts | null =>
  Object.hasOwn(FAILURES, code) ? FAILURES[code as FailureCode] : null;

/** All codes, for tests and documentation. */
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

/** The class of a code; every code has exactly one. */
export function failureClass(code: FailureCode): FailureClass {
  return FAILURES[code].class;
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
