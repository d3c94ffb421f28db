// Servers that answer as a test tells them, misbehaviour included, on real sockets on loopback.
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { OutgoingEmail } from "@/emails/transport";

export const CERTIFICATE_FILE = path.join(import.meta.dirname, "localhost.pem");
/** Certificate and key for localhost. */
export const tlsFiles = () => {
  const pem = readFileSync(CERTIFICATE_FILE, "utf8");
  return { cert: pem, key: pem };
};

let counter = 0;
/** A mail nobody else sends. */
export function someMail(change: Partial<OutgoingEmail> = {}): OutgoingEmail {
  const id = `${process.pid}-${++counter}`;
  return {
    from: "Latchkey <hello@latchkey.example>",
    to: `ada${id}@example.com`,
    subject: "042519 is your Latchkey code",
    html: "<p>Your code is <b>042519</b>. Grüße!</p>",
    text: "Your code is 042519. Grüße!\n.\n..\n",
    idempotencyKey: `delivery/${id}`,
    messageId: `<delivery.${id}@latchkey.example>`,
    ...change,
  };
}

/** Listens on a free port of 127.0.0.1 until the test ends; then every connection is cut. */
export async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}

/** A port that refuses connections. */
export async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}

export type HttpRequest = { method: string; url: string; headers: http.IncomingHttpHeaders; body: string };

/** An HTTP server; `answer` gets every whole request, in order. */
export async function startHttp(
  answer: (request: HttpRequest, response: http.ServerResponse) => void,
): Promise<{ url: string; requests: HttpRequest[]; connections: () => number }> {
  const requests: HttpRequest[] = [];
  let connections = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const seen = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(seen);
      answer(seen, response);
    });
  });
  server.on("connection", () => {
    connections++;
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, requests, connections: () => connections };
}

export type SmtpCommand =
  | "GREETING"
  | "EHLO"
  | "AUTH"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "CONTENT"
  | "RSET"
  | "QUIT";
/** A reply without its line end, also a late one, or what a broken server does instead. `half` is never finished. */
export type SmtpReply =
  | string
  | { does: "nothing" | "drop" | "stop reading" }
  | { half: string }
  | { afterMs: number; reply: string }
  | { after: Promise<unknown>; reply: string };

const POLITE: Record<SmtpCommand, SmtpReply> = {
  GREETING: "220 mail.test ESMTP",
  EHLO: "250-mail.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN",
  AUTH: "235 2.7.0 Authentication successful",
  MAIL: "250 2.1.0 Ok",
  RCPT: "250 2.1.5 Ok",
  DATA: "354 End data with <CR><LF>.<CR><LF>",
  CONTENT: "250 2.0.0 Ok: queued as 4F2D1A9B",
  RSET: "250 2.0.0 Ok",
  QUIT: "221 2.0.0 Bye",
};

export type ScriptedSmtp = {
  url: string;
  port: number;
  /** Every command line, in order, over all connections. */
  commands: string[];
  /** Mails whose final dot arrived, whatever was answered. */
  contents: string[];
  connections: () => number;
  /** Changes what is answered from now on. */
  script(replies: Partial<Record<SmtpCommand, SmtpReply>>): void;
  dropAll(): void;
};

/** An SMTP server that is polite except where `replies` says otherwise. */
export async function startSmtp(
  replies: Partial<Record<SmtpCommand, SmtpReply>> = {},
): Promise<ScriptedSmtp> {
  const script = { ...POLITE, ...replies };
  const commands: string[] = [];
  const contents: string[] = [];
  const open = new Set<net.Socket>();
  let connections = 0;

  const server = net.createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    let buffered = "";
    let inContent = false;
    const reply = (command: SmtpCommand) => {
      const answer = script[command];
      if (typeof answer === "string") socket.write(`${answer}\r\n`);
      else if ("after" in answer) void answer.after.then(() => socket.write(`${answer.reply}\r\n`));
      else if ("half" in answer) socket.end(answer.half);
      else if ("afterMs" in answer) setTimeout(() => socket.write(`${answer.reply}\r\n`), answer.afterMs);
      else if (answer.does === "drop") socket.destroy();
      else if (answer.does === "stop reading") socket.pause();
      if (command === "DATA" && typeof answer === "string") inContent = answer.startsWith("354");
      if (command === "QUIT") socket.end();
    };
    const take = () => {
      const end = buffered.indexOf(inContent ? "\r\n.\r\n" : "\r\n");
      if (end < 0) return false;
      const part = buffered.slice(0, end);
      buffered = buffered.slice(end + (inContent ? 5 : 2));
      if (inContent) {
        inContent = false;
        contents.push(part);
        reply("CONTENT");
      } else {
        commands.push(part);
        const verb = (part.split(/[ :]/)[0] ?? "").toUpperCase();
        if (verb in script) reply(verb as SmtpCommand);
        else socket.write("502 5.5.1 Command not implemented\r\n");
      }
      return true;
    };
    socket.on("data", (chunk) => {
      buffered += chunk.toString("utf8");
      while (take());
    });
    reply("GREETING");
  });
  const port = await listen(server);
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    commands,
    contents,
    connections: () => connections,
    script: (changed) => void Object.assign(script, changed),
    dropAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
