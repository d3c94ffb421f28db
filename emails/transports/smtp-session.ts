// One connection to an SMTP server, over nodemailer's SMTPConnection. The socket is ours, so that one time limit can
// end all of it, and errors arrive before the library renames them. nodemailer's own pool is not used: it puts a mail
// back into its queue when a connection closes, also after the server had it (promise P3).
import net from "node:net";
import { Readable } from "node:stream";
import tls from "node:tls";
import SMTPConnection from "nodemailer/lib/smtp-connection/index.js";
import { classifyNetworkError } from "./classify-network";
import { classifySmtpReply, parseSmtpRefusal, type SmtpStage } from "./classify-smtp";
import { decodeReply, isCertificateError, originalOf, SmtpFailure, stageOf } from "./smtp-failure";
import type { SmtpSettings } from "./smtp-url";

type Envelope = { from: string; to: string };

const NO_LIMIT_MS = 2 ** 31 - 1;

export class SmtpSession {
  readonly #socket: net.Socket;
  readonly #connection: SMTPConnection;
  #progress: SmtpStage = "greeting";
  /** The whole mail, final dot included, may have reached the server, and it has not answered yet. */
  #contentHandedOver = false;
  #end: (error: Error) => void = () => {};
  #isOpen = true;
  mailsSent = 0;

  private constructor(settings: SmtpSettings, socket: net.Socket) {
    this.#socket = socket;
    this.#connection = new SMTPConnection({
      connection: socket,
      host: settings.host,
      secure: settings.secure,
      secured: settings.secure,
      ignoreTLS: settings.starttls === "off",
      requireTLS: settings.starttls === "required",
      ...(settings.ehloName === null ? {} : { name: settings.ehloName }),
      // The caller's one limit replaces these three.
      connectionTimeout: NO_LIMIT_MS,
      greetingTimeout: NO_LIMIT_MS,
      socketTimeout: NO_LIMIT_MS,
    });
    this.#connection.on("error", (error) => this.#finish(error));
    this.#connection.on("end", () => this.#finish(new Error("The server closed the connection")));
  }

  /**
   * Connects, secures, greets and signs in. Throws SmtpFailure. When `signal` aborts, the socket is destroyed, here and
   * in every later call, and what was going on fails with `timeout` or `reply_timed_out`.
   */
  static async open(settings: SmtpSettings, signal: AbortSignal): Promise<SmtpSession> {
    const socket = await connectSocket(settings, signal);
    const session = new SmtpSession(settings, socket);
    await session.#run(signal, (done) => session.#connection.connect(done));
    const { credentials } = settings;
    if (credentials) {
      session.#progress = "sign_in";
      await session.#run(signal, (done) => session.#connection.login({ credentials }, done));
    }
    return session;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Makes the session ready for another mail; throws SmtpFailure when the server is gone or unwilling. */
  async reset(signal: AbortSignal): Promise<void> {
    this.#progress = "hello";
    await this.#run(signal, (done) => this.#connection.reset(done));
  }

  /**
   * Sends one mail to one recipient; resolves with the server's last reply. Throws SmtpFailure. `mayStillSend` is asked
   * when the server waits for the content; on a no the session ends, which is how a server is told to forget a mail
   * that has begun (RFC 5321 4.1.1.4), and null is the result.
   */
  async send(
    mail: Envelope & { content: Buffer },
    signal: AbortSignal,
    mayStillSend: () => Promise<boolean>,
  ): Promise<string | null> {
    this.#checkAddresses(mail);
    const question = { isRefused: false };
    const content = this.#readLate(mail.content, async () => {
      question.isRefused = !(await mayStillSend());
      return !question.isRefused;
    });
    const reply = await this.#run<string>(signal, (done) =>
      this.#connection.send({ from: mail.from, to: [mail.to] }, content, (error, info) =>
        done(error, info?.response),
      ),
    ).catch((error: unknown) => {
      if (question.isRefused) return null;
      throw error;
    });
    if (reply === null) return null;
    this.#contentHandedOver = false;
    this.mailsSent += 1;
    return reply;
  }

  /**
   * The beginning of `send`, up to the mail itself, which is not sent: the next `reset` drops it. Resolves with what
   * `mayStillSend` says, which is asked as there. Throws SmtpFailure.
   */
  async introduce(
    mail: Envelope,
    signal: AbortSignal,
    mayStillSend: () => Promise<boolean>,
  ): Promise<boolean> {
    const option = this.#checkAddresses(mail);
    await this.#command("MAIL FROM", `MAIL FROM:<${mail.from}>${option}`, signal);
    await this.#command("RCPT TO", `RCPT TO:<${mail.to}>`, signal);
    this.mailsSent += 1;
    return this.#run<boolean>(signal, (done) => void mayStillSend().then((isWanted) => done(null, isWanted)));
  }

  /** Throws when the server cannot take these addresses; returns what MAIL FROM then needs. */
  #checkAddresses({ from, to }: Envelope): "" | " SMTPUTF8" {
    this.#progress = "sender";
    if (!/\P{ASCII}/u.test(to + from)) return "";
    if (this.#offers("SMTPUTF8")) return " SMTPUTF8";
    // RFC 6531 3.2: without the extension such an address must not be sent.
    throw new SmtpFailure("address_not_supported", "The server does not offer SMTPUTF8");
  }

  /** One command and its reply. nodemailer has both for itself only, and no way to stop before DATA. */
  #command(command: "MAIL FROM" | "RCPT TO", line: string, signal: AbortSignal): Promise<void> {
    const connection: unknown = this.#connection;
    if (!hasCommands(connection)) throw new Error("nodemailer has no longer what a rehearsal needs");
    return this.#run(signal, (done) => {
      connection._responseActions.push((response) => {
        const error = response.startsWith("2") ? null : new Error(`${command} was refused`);
        done(error && Object.assign(error, { response, command, code: "EENVELOPE" }));
      });
      connection._sendCommand(line);
    });
  }

  /** Whether an idle session keeps the process alive. */
  setIdle(isIdle: boolean): void {
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
  }

  /** Says goodbye and closes, at once when `politely` is false. */
  close(politely: boolean): void {
    if (politely && this.#isOpen) {
      this.#connection.quit();
      setTimeout(() => this.#socket.destroy(), 1000).unref();
    } else {
      this.#connection.close();
      this.#socket.destroy();
    }
    this.#isOpen = false;
  }

  /** The extensions of the last EHLO reply (RFC 5321 4.1.1.1), which is the last thing the server said before MAIL. */
  #offers(extension: string): boolean {
    return this.#extensions.includes(extension);
  }

  get #extensions(): string[] {
    // nodemailer keeps the list, but not in its types.
    const list: unknown = Reflect.get(this.#connection, "_supportedExtensions");
    return Array.isArray(list) ? list.map(String) : [];
  }

  /**
   * nodemailer starts to read the mail when the server has answered 354, and writes it and the final dot at once. Who
   * may not send it any more ends the session instead.
   */
  #readLate(content: Buffer, mayBeRead: () => Promise<boolean>): Readable {
    const readable = new Readable({ read: () => void ask() });
    let isAsked = false;
    const ask = async () => {
      if (isAsked) return;
      isAsked = true;
      const isYes = await mayBeRead();
      // Nobody waits for an answer that comes after the limit.
      if (!this.#isOpen) return;
      if (!isYes) return this.#finish(new Error("The mail is not wanted any more"));
      this.#contentHandedOver = true;
      readable.push(content);
      readable.push(null);
    };
    return readable;
  }

  /** Runs one step of the conversation; the first of its result, the connection's end and the limit decides. */
  #run<T = void>(
    signal: AbortSignal,
    step: (done: (error?: Error | null, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        const failure = this.#mayHaveBeenTaken()
          ? new SmtpFailure("reply_timed_out", "no answer to the mail in time", null, "content")
          : new SmtpFailure("timeout", `no answer in time (${this.#progress})`);
        settle(() => reject(failure));
        this.close(false);
      };
      let isSettled = false;
      const settle = (action: () => void) => {
        if (isSettled) return;
        isSettled = true;
        signal.removeEventListener("abort", onAbort);
        this.#end = () => {};
        action();
      };
      this.#end = (error) => settle(() => reject(this.#explain(error)));
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) return onAbort();
      if (!this.#isOpen) return this.#end(new Error("The connection is closed"));
      step((error, result) => (error ? this.#end(error) : settle(() => resolve(result as T))));
    });
  }

  #finish(error: Error): void {
    this.#isOpen = false;
    this.#end(error);
    this.#socket.destroy();
  }

  /** True when nothing of the mail waits in this process any more: then the final dot may have arrived. */
  #mayHaveBeenTaken(): boolean {
    return this.#contentHandedOver && this.#connection._socket.writableLength === 0;
  }

  #explain(error: SMTPConnection.SMTPError): SmtpFailure {
    const response = decodeReply(error.response ?? "");
    const refusal = parseSmtpRefusal(response);
    if (refusal) {
      const providerCode = [refusal.basic, refusal.enhanced].filter(Boolean).join(" ");
      const stage = stageOf(error, this.#progress);
      return new SmtpFailure(classifySmtpReply(stage, refusal), response, providerCode, stage);
    }
    const isAmbiguous = this.#mayHaveBeenTaken();
    const stage = isAmbiguous ? "content" : null;
    if (error.code === "EPROTOCOL" && !isAmbiguous) return new SmtpFailure("protocol_error", error.message);
    if ((error.code === "ETLS" || isCertificateError(error)) && !isAmbiguous)
      return new SmtpFailure("tls_failed", error.message);
    return new SmtpFailure(classifyNetworkError(originalOf(error), isAmbiguous), error.message, null, stage);
  }
}

type Commands = {
  _responseActions: ((response: string) => void)[];
  _sendCommand(line: string): void;
};

function hasCommands(connection: unknown): connection is Commands {
  if (typeof connection !== "object" || connection === null) return false;
  const { _responseActions: actions, _sendCommand: send } = connection as Partial<Commands>;
  return Array.isArray(actions) && typeof send === "function";
}

/** Opens the socket, TLS included for smtps. Name lookup and "happy eyeballs" (RFC 8305) are Node's. */
function connectSocket(settings: SmtpSettings, signal: AbortSignal): Promise<net.Socket> {
  const { host, port, secure } = settings;
  return new Promise((resolve, reject) => {
    const socket = secure
      ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }) })
      : net.connect({ host, port });
    const stop = () => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
    };
    const onError = (error: Error) => {
      stop();
      socket.destroy();
      reject(new SmtpFailure(classifyNetworkError(error, false), error.message));
    };
    const onAbort = () => onError(Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" }));
    socket.on("error", onError);
    socket.once(secure ? "secureConnect" : "connect", () => {
      stop();
      socket.setKeepAlive(true);
      socket.setNoDelay(true);
      resolve(socket);
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
