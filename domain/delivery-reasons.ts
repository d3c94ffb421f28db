// Why a delivery stands where it stands, in a plain sentence for the person. What transports can say is in
// emails/failures.ts; here is what happens before and after them.
import { failureSentence } from "@/emails/failures";

const REASONS: Record<string, string> = {
  delayed: "The mail server of this address is slow to take the mail. It will keep trying.",
  bounced: "This address refused the mail.",
  complained: "Mail to this address was marked as spam, so we do not write to it again.",
  suppressed: "Our mail service does not write to this address, because mail to it came back before.",
  address_suppressed:
    "We do not write to this address, because mail to it came back or was marked as spam before.",
  failed: "The mail service could not deliver the mail.",
  confirmed: "The address was confirmed, so this mail was no longer needed.",
  address_confirmed: "Somebody else confirmed this address.",
  superseded: "You asked for a new code, so this mail was no longer needed.",
  claim_expired: "This registration has ended. Please register again.",
};

/** The sentence of a reason code. Codes of older or newer versions get a general one. */
export function reasonSentence(code: string): string {
  return REASONS[code] ?? failureSentence(code);
}
