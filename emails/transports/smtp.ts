// SMTP by nodemailer. Connections are kept and used again after RSET, one mail at a time each.
// SMTP has no idempotency key: when the reply to a mail is lost, the retry carries the same Message-ID, and whether
// the recipient's side drops the second one is up to it (docs/decisions, promise P3).
import { createHash } from "node:crypto";
import { domainToASCII } from "node:url";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import { failure } from "../failures";
import type { OutgoingEmail, SendResult, Transport } from "../transport";
import { checkOutgoing, extraHeaders, senderAddress } from "./outgoing";
import { SmtpFailure, SmtpSession } from "./smtp-session";
import { parseSmtpUrl, type SmtpSettings } from "./smtp-url";

const IDLE_SESSIONS_MAX = 5;
/** Shorter than servers' own limits (RFC 5321 4.5.3.2.7: five minutes at least; Postfix behind load takes 10 s). */
const IDLE_MS = 8_000;
/** Providers cut connections after about a hundred mails; we are first. */
const MAILS_PER_SESSION = 100;

/** Sends through one SMTP server. Throws a sentence when the URL is wrong; smtp-url.ts says what it may hold. */
export function createSmtpTransport(config: { url: string }): Transport {
  const settings = parseSmtpUrl(config.url);
  const pool = createPool(settings);
  const transport: Transport = {
    name: "smtp",
    async send(email, timeoutMs) {
      const refusal = checkOutgoing(email);
      if (refusal) return refusal;
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      try {
        return await sendWithin(pool, email, limit.signal);
      } catch (error) {
        return failureOf(error, settings, email);
      } finally {
        clearTimeout(timer);
      }
    },
    /** All of the conversation but the mail itself, which this protocol would deliver twice. */
    async sendAgain(email, timeoutMs) {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      try {
        const session = await pool.take(limit.signal);
        pool.giveBack(session);
        return { outcome: "accepted", providerMessageId: null };
      } catch (error) {
        return failureOf(error, settings, email);
      } finally {
        clearTimeout(timer);
      }
    },
    rehearse: (email, timeoutMs) => transport.sendAgain(email, timeoutMs),
  };
  return transport;
}

async function sendWithin(pool: Pool, email: OutgoingEmail, signal: AbortSignal): Promise<SendResult> {
  const content = await composeMessage(email);
  const session = await pool.take(signal);
  try {
    const reply = await session.send(
      { from: senderAddress(email.from) ?? "", to: asciiDomain(email.to), content },
      signal,
    );
    pool.giveBack(session);
    return { outcome: "accepted", providerMessageId: queueIdOf(reply) };
  } catch (error) {
    session.close(session.isOpen);
    throw error;
  }
}

function failureOf(error: unknown, settings: SmtpSettings, email: OutgoingEmail): SendResult {
  const secrets = [
    settings.credentials?.pass ?? "",
    settings.credentials?.user ?? "",
    email.to,
    asciiDomain(email.to),
    senderAddress(email.from) ?? email.from,
    email.subject,
  ];
  if (error instanceof SmtpFailure)
    return failure(error.code, { text: error.message, providerCode: error.providerCode, secrets });
  return failure("unexpected_error", { text: String(error), secrets });
}

type Pool = { take(signal: AbortSignal): Promise<SmtpSession>; giveBack(session: SmtpSession): void };

function createPool(settings: SmtpSettings): Pool {
  const idle: { session: SmtpSession; timer: NodeJS.Timeout }[] = [];
  return {
    /** A kept session that still answers, or a new one. A dead one is found out before the mail is begun. */
    async take(signal) {
      for (let kept = idle.pop(); kept; kept = idle.pop()) {
        clearTimeout(kept.timer);
        const { session } = kept;
        session.setIdle(false);
        const isReady =
          session.isOpen &&
          (await session.reset(signal).then(
            () => true,
            () => false,
          ));
        if (isReady) return session;
        session.close(false);
      }
      return SmtpSession.open(settings, signal);
    },
    giveBack(session) {
      if (!session.isOpen || session.mailsSent >= MAILS_PER_SESSION || idle.length >= IDLE_SESSIONS_MAX) {
        session.close(true);
        return;
      }
      session.setIdle(true);
      const entry = { session, timer: setTimeout(() => evict(), IDLE_MS).unref() };
      const evict = () => {
        const index = idle.indexOf(entry);
        if (index >= 0) idle.splice(index, 1);
        session.close(true);
      };
      idle.push(entry);
    },
  };
}

/** The mail as it goes over the wire, the Date header aside the same bytes at every retry. */
async function composeMessage(email: OutgoingEmail): Promise<Buffer> {
  const options = {
    from: email.from,
    to: { name: "", address: asciiDomain(email.to) },
    subject: email.subject,
    text: email.text,
    html: email.html,
    messageId: email.messageId,
    headers: extraHeaders(email),
    // nodemailer's own boundary is random.
    baseBoundary: createHash("sha256").update(email.idempotencyKey).digest("hex").slice(0, 16),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return new MailComposer(options).compile().build();
}

/** A domain in its ASCII form (RFC 5890), so that only the local part may need SMTPUTF8. */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf("@");
  const ascii = domainToASCII(address.slice(at + 1));
  return ascii === "" ? address : `${address.slice(0, at + 1)}${ascii}`;
}

/** How servers name a mail they took: Postfix "Ok: queued as 4F2D1", Exim "OK id=1rT…", Amazon SES "Ok 0100018c…". */
const QUEUE_IDS = [
  /\bqueued as <?([A-Za-z0-9][\w.-]{2,98})/i,
  /\bid=<?([A-Za-z0-9][\w.-]{2,98})/i,
  /\bok:? ([A-Za-z0-9][\w.-]{7,98})$/i,
];

/** Null when there is nothing like an id in the reply. */
function queueIdOf(reply: string): string | null {
  for (const pattern of QUEUE_IDS) {
    const id = pattern.exec(reply.trim())?.[1];
    if (id !== undefined && /[0-9]/.test(id)) return id;
  }
  return null;
}
