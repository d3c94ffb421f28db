// SMTP by nodemailer. Connections are kept and used again after RSET, one mail at a time each.
// SMTP has no idempotency key: when the reply to a mail is lost, the retry carries the same Message-ID, and whether
// the recipient's side drops the second one is up to it (docs/decisions, promise P3).
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { domainToASCII } from "node:url";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import { failure } from "../failures";
import type { OutgoingEmail, SendResult, Transport, Unwanted } from "../transport";
import { checkOutgoing, extraHeaders, senderAddress } from "./outgoing";
import { createRecentEnds, type RecentEnds } from "./recent-ends";
import { SmtpFailure } from "./smtp-failure";
import { SmtpSession } from "./smtp-session";
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
  const ends = createRecentEnds();
  const within = async (
    email: OutgoingEmail,
    timeoutMs: number,
    converse: (signal: AbortSignal) => Promise<SendResult | Unwanted>,
  ): Promise<SendResult | Unwanted> => {
    const refusal = checkOutgoing(email);
    if (refusal) return refusal;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    try {
      return await converse(limit.signal);
    } catch (error) {
      return failureOf(error, settings, email);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    name: "smtp",
    send: (email, timeoutMs, mayStillSend = always) =>
      within(email, timeoutMs, (signal) => sendWithin({ pool, ends, settings, mayStillSend }, email, signal)),
    /** All of the conversation but the mail itself, which this protocol would deliver; then what lately came of that. */
    rehearse: (email, timeoutMs, mayStillSend = always) =>
      within(email, timeoutMs, (signal) => rehearseWithin({ pool, ends, mayStillSend }, email, signal)),
  };
}

const always = async () => true;

type Way = { pool: Pool; ends: RecentEnds; mayStillSend: () => Promise<boolean> };

async function sendWithin(
  { pool, ends, settings, mayStillSend }: Way & { settings: SmtpSettings },
  email: OutgoingEmail,
  signal: AbortSignal,
): Promise<SendResult | Unwanted> {
  const content = await composeMessage(email);
  const session = await pool.take(signal);
  const beganMs = performance.now();
  const note = (result: SendResult) => ends.note({ result, ms: performance.now() - beganMs });
  try {
    const reply = await session.send({ ...envelopeOf(email), content }, signal, mayStillSend);
    if (reply === null) return { outcome: "unwanted" };
    note({ outcome: "accepted", providerMessageId: null });
    pool.giveBack(session);
    return { outcome: "accepted", providerMessageId: queueIdOf(reply) };
  } catch (error) {
    if (error instanceof SmtpFailure && (error.stage === "data" || error.stage === "content"))
      note(failureOf(error, settings, email));
    session.close(session.isOpen);
    throw error;
  }
}

async function rehearseWithin(
  { pool, ends, mayStillSend }: Way,
  email: OutgoingEmail,
  signal: AbortSignal,
): Promise<SendResult | Unwanted> {
  // As much work as a real one.
  await composeMessage(email);
  const session = await pool.take(signal);
  const beganMs = performance.now();
  try {
    if (!(await session.introduce(envelopeOf(email), signal, mayStillSend))) {
      session.close(session.isOpen);
      return { outcome: "unwanted" };
    }
    const usedMs = performance.now() - beganMs;
    const end = ends.draw(usedMs);
    await delay(Math.max(0, end.ms - usedMs), undefined, { signal }).catch(() => {});
    if (end.result.outcome === "failed") session.close(session.isOpen);
    else pool.giveBack(session);
    return end.result;
  } catch (error) {
    session.close(session.isOpen);
    throw error;
  }
}

const envelopeOf = (email: OutgoingEmail) => ({
  from: senderAddress(email.from) ?? "",
  to: asciiDomain(email.to),
});

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
