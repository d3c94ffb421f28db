// The SMTP port: plain, on loopback, sign-in optional. The same faults and tags as over HTTP, in SMTP's words.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Fate, Refusal } from "./fate.ts";
import { type Intake, mailKeyOf, type Try } from "./intake.ts";
import { bareAddress, type IncomingMail, RAW_CHARS_MAX, recipientsOf } from "./mail.ts";
import { isSameSecret } from "./resend/routes.ts";
import { tagEffects } from "./tags.ts";

const SIZE_BYTES_MAX = 40 * 1024 * 1024;
const CLIENTS_MAX = 500;
/** Longer than any client waits: a hanging server is one that does not hang up either. */
const IDLE_MS = 10 * 60 * 1000;
/** Resend's own header for SMTP (resend.com/docs/dashboard/emails/idempotency-keys). */
const KEY_HEADER = "resend-idempotency-key";

class SmtpError extends Error {
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
  }
}

export type SmtpOptions = {
  intake: Intake;
  /** Null: any name and password are good. Else the password must be this. */
  apiKey: string | null;
  port: number;
  log: (message: string) => void;
};

export type Smtp = { port: number; stop(): Promise<void> };

/** Rejects when the port is taken. */
export async function startSmtp({ intake, apiKey, port, log }: SmtpOptions): Promise<Smtp> {
  const sockets = new Map<number, Socket>();
  const cut = (session: SMTPServerSession) => sockets.get(session.remotePort)?.destroy();

  const server = new SMTPServer({
    name: "mail.localhost",
    banner: "Latchkey local mail",
    authOptional: true,
    allowInsecureAuth: true,
    // No certificate could be valid here, and clients upgrade whenever they may.
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    size: SIZE_BYTES_MAX,
    maxClients: CLIENTS_MAX,
    socketTimeout: IDLE_MS,
    closeTimeout: 500,
    onConnect(session, done) {
      if (intake.isDown()) cut(session);
      else done();
    },
    onAuth(auth, _session, done) {
      const isGood = apiKey === null || isSameSecret(auth.password ?? "", apiKey);
      if (isGood) done(null, { user: auth.username ?? "anyone" });
      else done(new SmtpError(535, "5.7.8 The password is not the API key"));
    },
    onRcptTo({ address }, _session, done) {
      const effects = tagEffects(address);
      if (effects.some(({ kind }) => kind === "hang")) return;
      if (effects.some(({ kind }) => kind === "refuse")) done(replyTo({ kind: "reject", address }));
      else if (effects.some(({ kind }) => kind === "fail")) done(replyTo({ kind: "refuse" }));
      else done();
    },
    onData(stream, session, done) {
      receive(stream, session, intake).then(
        (result) => {
          if (result.kind === "answer") done(null, `2.0.0 Ok ${result.id}`);
          else if (result.kind === "cut") cut(session);
        },
        (error: Error) => {
          if (!(error instanceof SmtpError)) log(`A message could not be taken: ${error.message}`);
          done(
            error instanceof SmtpError ? error : new SmtpError(451, "4.3.0 The message could not be kept"),
          );
        },
      );
    },
  });
  server.server.on("connection", (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    sockets.set(remotePort, socket);
    socket.once("close", () => sockets.delete(remotePort));
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error: Error) => log(`SMTP: ${error.message}`));
  const address = server.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async stop() {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

type Received = { kind: "answer"; id: string } | { kind: "hang" } | { kind: "cut" };

async function receive(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  intake: Intake,
): Promise<Received> {
  const source = await readAll(stream);
  if (source === null) throw new SmtpError(552, "5.3.4 The message is larger than 40 MB");
  const mail = await readMessage(source, session);
  const place = intake.takePlace();
  if (place && place.retryAfterSeconds !== null) {
    throw replyTo({ kind: "rate_limit", retryAfterSeconds: place.retryAfterSeconds });
  }
  const { idempotencyKey, messageId } = mail;
  const tried = await intake.nextTry(
    mailKeyOf({ idempotencyKey, messageId: mail.hasOwnMessageId ? messageId : null, to: mail.to[0] ?? "" }),
    recipientsOf(mail),
  );
  return await handOver(intake, mail, tried);
}

async function handOver(intake: Intake, mail: IncomingMail, tried: Try): Promise<Received> {
  const { fate } = tried;
  const key = mail.idempotencyKey;
  const taken = key === null ? null : intake.findKey(key);
  const isSilent = taken !== null && fate.fault === null;
  if (fate.kind !== "accept" && !isSilent) return refuse(fate);
  const leave = key === null ? () => {} : intake.enter(key);
  if (!leave) throw new SmtpError(451, "4.5.0 Another message with this idempotency key is still under way");
  try {
    if (fate.kind === "accept" && !isSilent && fate.delayMs > 0) await sleep(fate.delayMs);
    // SMTP has no way to say that this is the mail of before; with Resend's header it does.
    const known = key === null ? null : intake.findKey(key);
    const outcome = fate.kind === "accept" ? fate.outcome : "delivered";
    const [id] =
      known?.ids ??
      (await intake.accept([mail], {
        try: tried,
        outcome,
        key: key === null ? null : { key, hash: "smtp" },
      }));
    if (fate.kind === "accept" && !isSilent && fate.losesReply) return { kind: "cut" };
    return { kind: "answer", id: id ?? "" };
  } finally {
    leave();
  }
}

function refuse(fate: Exclude<Fate, { kind: "accept" }>): Received {
  if (fate.kind === "hang") return { kind: "hang" };
  if (fate.kind === "down") return { kind: "cut" };
  throw replyTo(fate);
}

/** Codes of RFC 5321 4.2.3, enhanced codes of RFC 3463 and the IANA registry. */
function replyTo(refusal: Exclude<Refusal, { kind: "hang" | "down" }>): SmtpError {
  switch (refusal.kind) {
    case "refuse":
      return new SmtpError(451, "4.3.0 An unexpected error occurred, try again later");
    case "reject":
      return new SmtpError(550, "5.1.1 The address does not accept mail");
    case "rate_limit":
      return new SmtpError(451, `4.7.28 Too many messages, try again in ${refusal.retryAfterSeconds} s`);
    case "quota":
      return new SmtpError(452, `4.3.1 The ${refusal.period} quota is used up`);
    case "greylist":
      return new SmtpError(451, "4.7.1 Greylisted, try again in a moment");
  }
}

/** Null when the message is too large; it is read to its end all the same, or the client would not see the answer. */
async function readAll(stream: SMTPServerDataStream): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) if (!stream.sizeExceeded) chunks.push(chunk);
  return stream.sizeExceeded ? null : Buffer.concat(chunks);
}

async function readMessage(
  source: Buffer,
  session: SMTPServerSession,
): Promise<IncomingMail & { hasOwnMessageId: boolean }> {
  const parsed = await simpleParser(source, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  });
  const envelopeTo = session.envelope.rcptTo.map(({ address }) => address);
  const envelopeFrom = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
  const to = addressesOf(parsed.to);
  const cc = addressesOf(parsed.cc);
  const visible = new Set([...to, ...cc].map(bareAddress));
  const reached = new Set(envelopeTo.map((address) => address.toLowerCase()));
  const isReached = (written: string) => reached.has(bareAddress(written));
  return {
    via: "smtp",
    from: addressesOf(parsed.from)[0] ?? (envelopeFrom || "<>"),
    // The envelope decides who gets it; the header only how it is written.
    to: to.filter(isReached),
    cc: cc.filter(isReached),
    bcc: envelopeTo.filter((address) => !visible.has(address.toLowerCase())),
    replyTo: addressesOf(parsed.replyTo),
    subject: parsed.subject ?? "",
    html: parsed.html || null,
    text: parsed.text ?? null,
    headers: headersOf(parsed),
    tags: [],
    attachments: parsed.attachments.map(({ filename, contentType, size }) => ({
      filename: filename ?? "attachment",
      contentType,
      sizeBytes: size,
    })),
    messageId: parsed.messageId ?? `<${session.id}.${session.transaction}@mail.localhost>`,
    hasOwnMessageId: parsed.messageId !== undefined,
    idempotencyKey: headerOf(parsed, KEY_HEADER),
    raw: source.toString("utf8").slice(0, RAW_CHARS_MAX),
  };
}

function addressesOf(found: AddressObject | AddressObject[] | undefined): string[] {
  return [found ?? []]
    .flat()
    .flatMap(({ value }) =>
      value
        .flatMap((entry) => entry.group ?? [entry])
        .flatMap(({ name, address }) => (address ? [name ? `${name} <${address}>` : address] : [])),
    );
}

function headersOf(parsed: ParsedMail): { name: string; value: string }[] {
  return parsed.headerLines.map(({ line }) => {
    const colon = line.indexOf(":");
    return {
      name: line.slice(0, colon),
      value: line
        .slice(colon + 1)
        .replace(/\r?\n[ \t]+/g, " ")
        .trim(),
    };
  });
}

function headerOf(parsed: ParsedMail, name: string): string | null {
  const value = headersOf(parsed).find((header) => header.name.toLowerCase() === name)?.value;
  return value && value.length <= 256 ? value : null;
}
