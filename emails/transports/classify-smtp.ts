// What an SMTP server's refusal means, and whose fault it is. Pure.
// Sources: RFC 5321 4.2 and 4.3.2 (basic codes by command), RFC 3463 and the IANA registry of enhanced status codes
// begun by RFC 5248, RFC 4954 (AUTH), RFC 3207 (STARTTLS), RFC 7504 (521, 556), RFC 7505 (null MX), RFC 7372
// (authentication of the sender), RFC 6531 (internationalised addresses).
import type { FailureCode } from "../failures";

/** What the server answered to: its greeting, our hello, …, `data` the DATA command, `content` the mail itself. */
export type SmtpStage =
  | "greeting"
  | "hello"
  | "starttls"
  | "sign_in"
  | "sender"
  | "recipient"
  | "data"
  | "content";

export type SmtpReply = {
  /** 400 to 599. */
  basic: number;
  /** "5.1.1"; null when the server sends none. */
  enhanced: string | null;
  text: string;
};

/** Reads a refusal ("550-5.1.1 No such user\n550 5.1.1 …"); null when the text is none. */
export function parseSmtpRefusal(reply: string): SmtpReply | null {
  const match = /^([45][0-9]{2})(?:[ -]|$)/.exec(reply);
  if (!match) return null;
  const lines = reply.split(/\r?\n/).map((line) => line.replace(/^[0-9]{3}[ -]?/, ""));
  const enhanced = /^([45]\.[0-9]{1,3}\.[0-9]{1,3})\b/.exec(lines[0] ?? "")?.[1] ?? null;
  const text = lines
    .map((line) => line.replace(/^[45]\.[0-9]{1,3}\.[0-9]{1,3}\s*/, ""))
    .join(" ")
    .trim();
  // RFC 3463 2: the class of both must agree; an enhanced code of the other class is worth nothing.
  return {
    basic: Number(match[1]),
    enhanced: enhanced?.[0] === match[1]?.[0] ? enhanced : null,
    text,
  };
}

/** 4yz: for now. Every one is transient; the code only says more. */
const FOR_NOW: Record<string, FailureCode> = {
  "4.2.0": "mailbox_busy",
  "4.2.1": "mailbox_busy",
  "4.2.2": "mailbox_full_for_now",
  "4.3.1": "server_busy",
  "4.3.2": "server_busy",
  "4.4.5": "server_busy",
  "4.5.3": "rate_limited",
  // Gmail: "our system has detected an unusual rate".
  "4.7.28": "rate_limited",
};
const FOR_NOW_BASIC: Record<number, FailureCode> = {
  421: "server_busy",
  450: "mailbox_busy",
  452: "server_busy",
};

/** 5yz with an enhanced code that says the same at every stage. `5.1.*` stands for the rest of its subject. */
const FOR_GOOD: Record<string, FailureCode> = {
  "5.1.1": "mailbox_unavailable",
  "5.1.2": "domain_unavailable",
  "5.1.3": "address_invalid",
  "5.1.4": "address_invalid",
  "5.1.6": "mailbox_unavailable",
  "5.1.7": "sender_refused",
  "5.1.8": "sender_refused",
  "5.1.10": "domain_unavailable",
  "5.2.2": "mailbox_full",
  "5.2.3": "message_too_large",
  "5.2.*": "mailbox_unavailable",
  "5.3.4": "message_too_large",
  "5.3.*": "server_refuses",
  // Exchange Online's directory block answers "5.4.1 Recipient address rejected".
  "5.4.1": "mailbox_unavailable",
  "5.4.*": "domain_unavailable",
  "5.5.1": "message_malformed",
  "5.5.2": "message_malformed",
  "5.5.4": "message_malformed",
  "5.5.6": "message_malformed",
  "5.6.7": "address_not_supported",
  "5.6.9": "address_not_supported",
  "5.6.*": "mail_refused",
  "5.7.2": "mailbox_unavailable",
  "5.7.3": "credentials_refused",
  "5.7.8": "credentials_refused",
  "5.7.9": "credentials_refused",
  "5.7.10": "encryption_required",
  "5.7.11": "encryption_required",
  "5.7.12": "credentials_refused",
  "5.7.13": "credentials_refused",
  "5.7.14": "credentials_refused",
  "5.7.17": "mailbox_unavailable",
  "5.7.18": "domain_unavailable",
  "5.7.20": "sender_refused",
  "5.7.21": "sender_refused",
  "5.7.22": "sender_refused",
  "5.7.23": "sender_refused",
  "5.7.24": "sender_refused",
  "5.7.25": "sender_refused",
  "5.7.26": "sender_refused",
  "5.7.27": "sender_refused",
  "5.7.*": "refused_by_policy",
};

/** 5yz by basic code alone, where the command decides whom it is about. */
const FOR_GOOD_BASIC: Record<"sender" | "recipient" | "content", Record<number, FailureCode>> = {
  sender: { 552: "message_too_large" },
  recipient: {
    501: "address_invalid",
    521: "domain_unavailable",
    552: "mailbox_full",
    553: "address_invalid",
    556: "domain_unavailable",
  },
  content: { 552: "message_too_large" },
};
const OTHERWISE: Record<"sender" | "recipient" | "content", FailureCode> = {
  sender: "sender_refused",
  recipient: "mailbox_unavailable",
  content: "mail_refused",
};

/** RFC 4954 6 and RFC 3207 4: these speak of our sign-in or of encryption, whatever command they answer. */
const SIGN_IN_CODES = [530, 534, 535, 538];

/** The code of a refusal at a stage. 4yz is always transient; 5yz is the address's, the mail's or ours. */
export function classifySmtpReply(stage: SmtpStage, reply: SmtpReply): FailureCode {
  if (reply.basic < 500) {
    if (reply.enhanced && FOR_NOW[reply.enhanced]) return FOR_NOW[reply.enhanced] ?? "try_later";
    return FOR_NOW_BASIC[reply.basic] ?? "try_later";
  }
  if (stage === "starttls") return "tls_failed";
  if (SIGN_IN_CODES.includes(reply.basic) || stage === "sign_in") {
    return /starttls|encrypt|\btls\b/i.test(reply.text) ? "encryption_required" : "credentials_refused";
  }
  if (stage === "greeting" || stage === "hello") return "server_refuses";
  return classifyRefusedMail(stage === "data" ? "content" : stage, reply);
}

function classifyRefusedMail(about: "sender" | "recipient" | "content", reply: SmtpReply): FailureCode {
  // "550 5.7.1 Relaying denied", "554 Relay access denied", "550 relay not permitted": about us, never about the address.
  if (about === "recipient" && /\brelay/i.test(reply.text)) return "relay_denied";
  // "554 Service unavailable; Client host [192.0.2.1] blocked using …": our address is on a list, not theirs.
  if (about === "recipient" && /client host|blocked using/i.test(reply.text)) return "refused_by_policy";
  // Answering MAIL FROM, the address, the mailbox and the route in question are the sender's.
  if (
    about === "sender" &&
    reply.enhanced &&
    /^5\.[124]\./.test(reply.enhanced) &&
    reply.enhanced !== "5.2.3"
  )
    return "sender_refused";
  if (reply.enhanced) {
    const subject = reply.enhanced.replace(/\.[0-9]+$/, ".*");
    const known = FOR_GOOD[reply.enhanced] ?? FOR_GOOD[subject];
    if (known) return known;
  }
  // 500 to 504 are about our commands ("bad sequence"), 501 to RCPT aside, which is how an address is called malformed.
  const known = FOR_GOOD_BASIC[about][reply.basic];
  if (known) return known;
  return reply.basic < 520 ? "message_malformed" : OTHERWISE[about];
}
