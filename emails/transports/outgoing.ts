// What every transport checks and adds, so that a mail is the same mail whoever carries it.
import addressparser from "nodemailer/lib/addressparser/index.js";
import { failure } from "../failures";
import type { OutgoingEmail, SendResult } from "../transport";

/** Line ends and other control characters: with one of them a value could end its header and begin another. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** One mailbox and nothing else: no display name, no list, no comment. */
const SINGLE_ADDRESS = /^[^\s<>()[\],;:\\"@]+@[^\s<>()[\],;:\\"@]+$/u;
const MESSAGE_ID = /^<[^\s<>@]+@[^\s<>@]+>$/;

/** Null when the mail may be handed over; otherwise why not. Nothing that gets through can add a header or a recipient. */
export function checkOutgoing(email: OutgoingEmail): Extract<SendResult, { outcome: "failed" }> | null {
  const headers = { from: email.from, to: email.to, subject: email.subject, messageId: email.messageId };
  for (const [name, value] of Object.entries(headers)) {
    if (CONTROL.test(value))
      return failure("message_malformed", { text: `${name} contains a control character` });
  }
  if (!SINGLE_ADDRESS.test(email.to))
    return failure("address_invalid", { text: "to is not exactly one address" });
  if (senderAddress(email.from) === null)
    return failure("sender_refused", { text: "from is not exactly one mailbox" });
  if (!MESSAGE_ID.test(email.messageId))
    return failure("message_malformed", { text: "messageId is not <something@domain>" });
  if (!/^[\x21-\x7e]{1,256}$/.test(email.idempotencyKey))
    return failure("message_malformed", {
      text: "idempotencyKey is not 1 to 256 visible ASCII characters",
    });
  return null;
}

/** `hello@example.com` of `Latchkey <hello@example.com>`; null when there is not exactly one. */
export function senderAddress(from: string): string | null {
  const parsed = addressparser(from, { flatten: true });
  const only = parsed.length === 1 ? parsed[0] : undefined;
  return only && SINGLE_ADDRESS.test(only.address) ? only.address : null;
}

/** Headers beside From, To and Subject. The same on every retry. */
export function extraHeaders(email: OutgoingEmail): Record<string, string> {
  return {
    // RFC 3834 5: nobody asked a person to write this, so nobody's out-of-office should answer it.
    "Auto-Submitted": "auto-generated",
    // The same for Exchange, which does not read the header above (MS-OXCMAIL).
    "X-Auto-Response-Suppress": "All",
    // Gmail would fold several codes into one conversation and hide the newest; a different value each keeps them apart.
    "X-Entity-Ref-ID": email.idempotencyKey,
  };
}
