import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FailureCode, failureClass } from "@/emails/failures";
import { classifySmtpReply, parseSmtpRefusal, type SmtpStage } from "@/emails/transports/classify-smtp";

const classify = (stage: SmtpStage, reply: string): FailureCode | null => {
  const refusal = parseSmtpRefusal(reply);
  return refusal && classifySmtpReply(stage, refusal);
};

/** What servers say, where, and what it means. Wordings after Postfix, Exim, Gmail, Exchange Online and Amazon SES. */
const TABLE: [SmtpStage, string, FailureCode][] = [
  ["greeting", "421 4.3.2 Service not available", "server_busy"],
  ["greeting", "554 5.7.1 No SMTP service here", "server_refuses"],
  ["greeting", "521 host does not accept mail", "server_refuses"],
  ["hello", "550 5.7.1 Helo command rejected: need fully-qualified hostname", "server_refuses"],
  ["starttls", "454 4.7.0 TLS not available due to local problem", "try_later"],
  ["starttls", "502 5.5.1 command not implemented", "tls_failed"],
  ["sign_in", "535 5.7.8 Authentication credentials invalid", "credentials_refused"],
  ["sign_in", "535-5.7.8 Username and Password not accepted.\n535 5.7.8 Learn more", "credentials_refused"],
  ["sign_in", "534 5.7.9 Application-specific password required", "credentials_refused"],
  ["sign_in", "538 5.7.11 Encryption required for requested authentication mechanism", "encryption_required"],
  ["sign_in", "454 4.7.0 Temporary authentication failure", "try_later"],
  ["sign_in", "503 5.5.1 AUTH not available", "credentials_refused"],
  ["sender", "530 5.7.0 Authentication required", "credentials_refused"],
  ["sender", "530 5.7.0 Must issue a STARTTLS command first", "encryption_required"],
  ["sender", "550 5.1.8 Sender address rejected: Domain not found", "sender_refused"],
  ["sender", "553 5.7.1 Sender address rejected: not owned by user", "refused_by_policy"],
  ["sender", "550 5.1.0 Address rejected", "sender_refused"],
  ["sender", "553 sorry, that domain is not in my list", "sender_refused"],
  ["sender", "552 5.3.4 Message size exceeds fixed limit", "message_too_large"],
  ["sender", "452 4.3.1 Insufficient system storage", "server_busy"],
  ["sender", "421 4.7.0 Try again later, closing connection", "server_busy"],
  ["sender", "450 4.1.8 Sender address rejected: Domain not found", "mailbox_busy"],
  ["recipient", "550 5.1.1 User unknown", "mailbox_unavailable"],
  [
    "recipient",
    "550-5.1.1 The email account that you tried to reach does not exist.\n550 5.1.1 Try",
    "mailbox_unavailable",
  ],
  ["recipient", "550 No such user here", "mailbox_unavailable"],
  ["recipient", "550 5.4.1 Recipient address rejected: Access denied", "mailbox_unavailable"],
  ["recipient", "550 5.5.0 Requested action not taken: mailbox unavailable", "mailbox_unavailable"],
  ["recipient", "550 5.2.1 The email account is disabled", "mailbox_unavailable"],
  ["recipient", "551 User not local; please try elsewhere", "mailbox_unavailable"],
  ["recipient", "554 5.1.2 Bad destination system address", "domain_unavailable"],
  ["recipient", "556 5.1.10 Recipient address has null MX", "domain_unavailable"],
  ["recipient", "556 Domain does not accept mail", "domain_unavailable"],
  ["recipient", "501 5.1.3 Bad recipient address syntax", "address_invalid"],
  ["recipient", "501 Malformed address", "address_invalid"],
  ["recipient", "553 Requested action not taken: mailbox name not allowed", "address_invalid"],
  ["recipient", "553 5.6.7 Internationalized address not allowed", "address_not_supported"],
  ["recipient", "552 5.2.2 The email account is over quota", "mailbox_full"],
  ["recipient", "552 Exceeded storage allocation", "mailbox_full"],
  ["recipient", "452 4.2.2 The email account is over quota", "mailbox_full_for_now"],
  ["recipient", "450 4.2.0 Greylisted, see https://example.com", "mailbox_busy"],
  ["recipient", "450 4.2.1 The user is receiving mail at a rate that prevents delivery", "mailbox_busy"],
  ["recipient", "450 Requested action not taken", "mailbox_busy"],
  ["recipient", "451 4.7.1 Greylisting in action, please come back later", "try_later"],
  ["recipient", "452 4.5.3 Too many recipients", "rate_limited"],
  ["recipient", "554 5.7.1 Relay access denied", "relay_denied"],
  ["recipient", "550 5.7.1 Relaying denied", "relay_denied"],
  ["recipient", "550 relay not permitted", "relay_denied"],
  ["recipient", "554 5.7.1 Service unavailable; Client host blocked using zen.example", "refused_by_policy"],
  ["recipient", "550 5.7.1 Message rejected as spam by policy", "refused_by_policy"],
  ["recipient", "550 5.7.25 no reverse DNS", "sender_refused"],
  ["recipient", "503 5.5.1 Bad sequence of commands", "message_malformed"],
  ["data", "554 5.5.1 Error: no valid recipients", "message_malformed"],
  ["data", "451 4.3.0 Error: queue file write error", "try_later"],
  ["content", "552 5.3.4 Message too big", "message_too_large"],
  ["content", "552 Message exceeds size limit", "message_too_large"],
  ["content", "550 5.7.26 Unauthenticated email is not accepted due to DMARC policy", "sender_refused"],
  ["content", "554 5.7.1 Spam message rejected", "refused_by_policy"],
  ["content", "554 Transaction failed", "mail_refused"],
  ["content", "554 Message rejected: Email address is not verified", "mail_refused"],
  ["content", "550 5.1.1 User unknown", "mailbox_unavailable"],
  ["content", "421 4.7.28 Our system has detected an unusual rate of mail", "rate_limited"],
  ["content", "451 Requested action aborted: local error in processing", "try_later"],
];

describe("an SMTP refusal", () => {
  test.each(TABLE)("at %s: %s", (stage, reply, code) => {
    expect(classify(stage, reply)).toBe(code);
  });

  test("with 4yz is always transient, and with 5yz never", () => {
    const stages: SmtpStage[] = [
      "greeting",
      "hello",
      "starttls",
      "sign_in",
      "sender",
      "recipient",
      "data",
      "content",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...stages),
        fc.integer({ min: 400, max: 599 }),
        fc.option(fc.tuple(fc.nat(9), fc.nat(40))),
        (stage, basic, detail) => {
          const enhanced = detail ? ` ${Math.floor(basic / 100)}.${detail.join(".")}` : "";
          const code = classify(stage, `${basic}${enhanced} no`);
          expect(code).not.toBeNull();
          if (code === null) return;
          if (basic < 500) expect(failureClass(code)).toBe("transient");
          else expect(["permanent", "ours"]).toContain(failureClass(code));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("reading a reply", () => {
  test("keeps the basic code, the enhanced code and the words of all lines", () => {
    expect(parseSmtpRefusal("550-5.1.1 No such\r\n550 5.1.1 user")).toEqual({
      basic: 550,
      enhanced: "5.1.1",
      text: "No such user",
    });
  });

  test("ignores an enhanced code that contradicts the basic one", () => {
    expect(parseSmtpRefusal("550 4.2.2 odd")?.enhanced).toBeNull();
  });

  test.each(["250 Ok", "354 go on", "", "hello", "55", "5500 x", "HTTP/1.1 400 Bad Request"])(
    "takes %j for no refusal",
    (reply) => {
      expect(parseSmtpRefusal(reply)).toBeNull();
    },
  );
});
