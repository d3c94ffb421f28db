// Why an SMTP conversation failed, read from nodemailer's errors.
import type SMTPConnection from "nodemailer/lib/smtp-connection/index.js";
import type { FailureCode } from "../failures";
import { isTlsError } from "./classify-network";
import type { SmtpStage } from "./classify-smtp";

/**
 * Why a session could not go on. `providerCode` is "550 5.1.1", or null when the server said nothing. `stage`: what
 * failed, as far as that is known.
 */
export class SmtpFailure extends Error {
  override readonly name = "SmtpFailure";
  constructor(
    readonly code: FailureCode,
    message: string,
    readonly providerCode: string | null = null,
    readonly stage: SmtpStage | null = null,
  ) {
    super(message);
  }
}

/** The library names the command it was waiting on; its EMESSAGE is the answer to the mail itself. */
export function stageOf(error: SMTPConnection.SMTPError, progress: SmtpStage): SmtpStage {
  const command = error.command ?? "";
  if (command === "DATA") return error.code === "EMESSAGE" ? "content" : "data";
  if (command === "MAIL FROM") return "sender";
  if (command === "RCPT TO") return "recipient";
  if (command === "STARTTLS") return "starttls";
  if (command.startsWith("AUTH")) return "sign_in";
  return command === "EHLO" || command === "HELO" || command === "RSET" ? "hello" : progress;
}

/** nodemailer reads bytes as latin1; replies are ASCII or, with SMTPUTF8, UTF-8 (RFC 6531 3.7.4). */
export function decodeReply(reply: string): string {
  return Buffer.from(reply, "latin1").toString("utf8");
}

/**
 * During STARTTLS the library overwrites `code` with ESOCKET. Errors of the operating system keep their `syscall`;
 * what has none and names a certificate or OpenSSL's library failed in the handshake.
 */
export function isCertificateError(error: SMTPConnection.SMTPError): boolean {
  if (isTlsError(error)) return true;
  return error.code === "ESOCKET" && !error.syscall && /certificate|ssl|tls|hostname/i.test(error.message);
}

/** The operating system's code, which the library keeps only in the message ("read ECONNRESET"). */
export function originalOf(error: SMTPConnection.SMTPError): Error {
  const code = /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1];
  return code ? Object.assign(new Error(error.message), { code }) : error;
}
