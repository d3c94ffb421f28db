import net from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSmtpTransport } from "@/emails/transports/smtp";
import {
  closedPort,
  listen,
  type SmtpCommand,
  type SmtpReply,
  someMail,
  startSmtp,
  tlsFiles,
} from "./scripted-servers";

const PATIENT_MS = 5000;
const IMPATIENT_MS = 200;

/** Sends one mail to a server that answers so. */
async function sendTo(
  replies: Partial<Record<SmtpCommand, SmtpReply>>,
  options: { timeoutMs?: number; user?: string } = {},
) {
  const server = await startSmtp(replies);
  const url = server.url.replace("smtp://", `smtp://${options.user ?? ""}`);
  const mail = someMail();
  const started = performance.now();
  const result = await createSmtpTransport({ url }).send(mail, options.timeoutMs ?? PATIENT_MS);
  return { server, mail, result, tookMs: performance.now() - started };
}

describe("a mail that the server takes", () => {
  test("is accepted with the server's queue id", async () => {
    const { result, server, mail } = await sendTo({});
    expect(result).toEqual({ outcome: "accepted", providerMessageId: "4F2D1A9B" });
    expect(server.commands).toEqual([
      expect.stringMatching(/^EHLO /),
      "MAIL FROM:<hello@latchkey.example>",
      `RCPT TO:<${mail.to}>`,
      "DATA",
    ]);
  });

  test("arrives as it was written, in both forms, with its Message-ID and as nobody's own words", async () => {
    const { server, mail } = await sendTo({});
    const parsed = await simpleParser((server.contents[0] ?? "").replace(/^\.\./gm, "."));
    expect(parsed).toMatchObject({ messageId: mail.messageId, subject: mail.subject, html: mail.html });
    expect(parsed.text?.trimEnd()).toBe(mail.text.trimEnd());
    expect(parsed.from?.text).toBe('"Latchkey" <hello@latchkey.example>');
    expect(parsed.headers.get("auto-submitted")).toBe("auto-generated");
    expect(parsed.headers.get("x-entity-ref-id")).toBe(mail.idempotencyKey);
  });

  test("is the same bytes at every attempt, its date aside", async () => {
    const server = await startSmtp({ CONTENT: "451 4.3.0 Not now" });
    const transport = createSmtpTransport({ url: server.url });
    const mail = someMail();
    for (let attempt = 1; attempt <= 2; attempt++) await transport.send(mail, PATIENT_MS);
    const [first, second] = server.contents.map((content) => content.replace(/^Date: .*$/m, ""));
    expect(first).toContain(mail.messageId);
    expect(second).toBe(first);
  });

  test.each([
    ["250 2.0.0 Ok: queued as 4F2D1A9B", "4F2D1A9B"],
    ["250 OK id=1rTabc-0003Xy-2z", "1rTabc-0003Xy-2z"],
    ["250 Ok 0100018c2f3e4d5a-000000", "0100018c2f3e4d5a-000000"],
    ["250 2.0.0 OK  1700000000 d9443c01a7336-abc.1 - gsmtp", null],
    ["250 Message accepted for delivery", null],
    ["250 Ok thankyouverymuch", null],
    ["250 Ok", null],
  ])("keeps the server's id, when there is one: %s", async (reply, providerMessageId) => {
    expect((await sendTo({ CONTENT: reply })).result).toEqual({ outcome: "accepted", providerMessageId });
  });
});

/** Every stage once; classify-smtp.test.ts has the wordings. */
const REFUSALS: [SmtpCommand, string, class_: string, code: string, providerCode: string][] = [
  ["GREETING", "554 5.7.1 No SMTP service here", "ours", "server_refuses", "554 5.7.1"],
  ["GREETING", "421 4.3.2 Too busy", "transient", "server_busy", "421 4.3.2"],
  ["EHLO", "421 4.3.2 Closing", "transient", "server_busy", "421 4.3.2"],
  ["AUTH", "535 5.7.8 Wrong password", "ours", "credentials_refused", "535 5.7.8"],
  ["AUTH", "454 4.7.0 Temporary authentication failure", "transient", "try_later", "454 4.7.0"],
  ["MAIL", "530 5.7.0 Authentication required", "ours", "credentials_refused", "530 5.7.0"],
  ["MAIL", "550 5.7.1 Sender not allowed", "ours", "refused_by_policy", "550 5.7.1"],
  ["MAIL", "452 4.3.1 Disk full", "transient", "server_busy", "452 4.3.1"],
  ["RCPT", "550 5.1.1 User unknown", "permanent", "mailbox_unavailable", "550 5.1.1"],
  [
    "RCPT",
    "550-5.1.1 The account\r\n550-5.1.1 does not\r\n550 5.1.1 exist",
    "permanent",
    "mailbox_unavailable",
    "550 5.1.1",
  ],
  ["RCPT", "550 No such user", "permanent", "mailbox_unavailable", "550"],
  ["RCPT", "552 5.2.2 Over quota", "permanent", "mailbox_full", "552 5.2.2"],
  ["RCPT", "450 4.2.1 Greylisted", "transient", "mailbox_busy", "450 4.2.1"],
  ["RCPT", "451 4.7.1 Please come back", "transient", "try_later", "451 4.7.1"],
  ["RCPT", "554 5.7.1 Relay access denied", "ours", "relay_denied", "554 5.7.1"],
  ["DATA", "451 4.3.0 Queue trouble", "transient", "try_later", "451 4.3.0"],
  ["CONTENT", "552 5.3.4 Too big", "permanent", "message_too_large", "552 5.3.4"],
  ["CONTENT", "554 5.6.0 Not a mail", "permanent", "mail_refused", "554 5.6.0"],
  ["CONTENT", "550 5.7.26 DMARC", "ours", "sender_refused", "550 5.7.26"],
  ["CONTENT", "421 4.7.28 Too many", "transient", "rate_limited", "421 4.7.28"],
];

describe("a refusal is classed by command, code and enhanced code", () => {
  test.each(REFUSALS)("%s: %s", async (command, reply, class_, code, providerCode) => {
    const { result } = await sendTo({ [command]: reply }, { user: command === "AUTH" ? "ada:secret@" : "" });
    expect(result).toMatchObject({
      outcome: "failed",
      class: class_,
      code,
      providerCode,
      retryAfterSeconds: null,
    });
  });

  test("is kept in the server's words without addresses, credentials and subject", async () => {
    const server = await startSmtp({ CONTENT: "554 5.6.0 ada-at-relay s3cret Latchkey" });
    const mail = someMail();
    const said = `554 5.6.0 <${mail.to.toUpperCase()}> from hello@latchkey.example: "${mail.subject}" by relayuser with s3cretpw`;
    server.script({ CONTENT: said });
    const url = server.url.replace("smtp://", "smtp://relayuser:s3cretpw@");
    const result = await createSmtpTransport({ url }).send(mail, PATIENT_MS);
    expect(result).toMatchObject({ providerText: '554 5.6.0 <…> from …: "…" by … with …' });
  });
});

describe("before the final dot, a broken conversation is transient", () => {
  const STAGES: SmtpCommand[] = ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"];

  test.each(STAGES)("the server hangs up instead of answering %s", async (command) => {
    const { result } = await sendTo({ [command]: { does: "drop" } });
    expect(result).toMatchObject({ class: "transient", code: "connection_lost", providerCode: null });
  });

  test.each(STAGES)("the server stays silent at %s: the time limit ends it", async (command) => {
    const { result, tookMs } = await sendTo({ [command]: { does: "nothing" } }, { timeoutMs: IMPATIENT_MS });
    expect(result).toMatchObject({ class: "transient", code: "timeout", providerCode: null });
    expect(tookMs).toBeGreaterThanOrEqual(IMPATIENT_MS - 5);
    expect(tookMs).toBeLessThan(IMPATIENT_MS + 1000);
  });

  test("the server is slow at every step, each within its patience, and the whole limit still holds", async () => {
    // Bytes come all the time, so no idle time-out would ever end this.
    const server = net.createServer((socket) => {
      const timer = setInterval(() => socket.write("220-still here\r\n"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    const port = await listen(server);
    const started = performance.now();
    const result = await createSmtpTransport({ url: `smtp://127.0.0.1:${port}` }).send(
      someMail(),
      IMPATIENT_MS,
    );
    expect(result).toMatchObject({ class: "transient", code: "timeout" });
    expect(performance.now() - started).toBeLessThan(IMPATIENT_MS + 1000);
  });

  test("the server stops reading in the middle of a large mail", async () => {
    const server = net.createServer((socket) => {
      const replies = ["250 mail.test", "250 Ok", "250 Ok", "354 Go on"];
      socket.write("220 mail.test\r\n");
      socket.on("data", () => {
        const reply = replies.shift();
        if (reply === undefined) socket.pause();
        else socket.write(`${reply}\r\n`);
      });
    });
    const port = await listen(server);
    const large = someMail({ text: `${"x".repeat(70)}\n`.repeat(100_000) });
    const result = await createSmtpTransport({ url: `smtp://127.0.0.1:${port}` }).send(large, 4000);
    expect(result).toMatchObject({ class: "transient", code: "timeout" });
  });

  test("nothing listens", async () => {
    const result = await createSmtpTransport({ url: `smtp://127.0.0.1:${await closedPort()}` }).send(
      someMail(),
      PATIENT_MS,
    );
    expect(result).toMatchObject({ class: "transient", code: "connection_refused", providerCode: null });
  });

  test("the name does not resolve", async () => {
    const result = await createSmtpTransport({ url: "smtp://mail.invalid:25" }).send(someMail(), PATIENT_MS);
    expect(result).toMatchObject({ class: "transient", code: "host_not_found" });
  });

  test("the socket is gone when the limit has ended it", async () => {
    let closed = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const port = await listen(net.createServer((socket) => socket.on("close", () => closed()).resume()));
    await createSmtpTransport({ url: `smtp://127.0.0.1:${port}` }).send(someMail(), IMPATIENT_MS);
    await isClosed;
  });
});

describe("after the final dot, a lost answer is ambiguous", () => {
  test("the server hangs up", async () => {
    const { result, server } = await sendTo({ CONTENT: { does: "drop" } });
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_lost", providerCode: null });
    expect(server.contents).toHaveLength(1);
  });

  test("the server stays silent", async () => {
    const { result, tookMs } = await sendTo({ CONTENT: { does: "nothing" } }, { timeoutMs: IMPATIENT_MS });
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_timed_out", providerCode: null });
    expect(tookMs).toBeLessThan(IMPATIENT_MS + 1000);
  });

  test("half of an acceptance is none", async () => {
    const { result } = await sendTo({ CONTENT: { half: "250 2.0.0 Ok: queu" } });
    expect(result).toMatchObject({ class: "ambiguous", code: "reply_lost" });
  });

  test("nonsense is neither acceptance nor refusal", async () => {
    const { result } = await sendTo({ CONTENT: "HTTP/1.1 400 Bad Request" });
    expect(result).toMatchObject({ class: "ambiguous" });
  });
});

describe("when the server is ready for the content, whoever sends it is asked once more", () => {
  test("and a mail that is not wanted any more is dropped with its conversation", async () => {
    const server = await startSmtp();
    const transport = createSmtpTransport({ url: server.url });
    const commands: string[][] = [];
    const result = await transport.send(someMail(), PATIENT_MS, async () => {
      commands.push([...server.commands]);
      return false;
    });
    expect(result).toEqual({ outcome: "unwanted" });
    expect(commands).toEqual([expect.arrayContaining(["DATA"])]);
    expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.connections()).toBe(2);
    expect(server.contents).toHaveLength(1);
  });

  test("and the limit ends the question too: nothing of the mail has left", async () => {
    const server = await startSmtp();
    let allow: (isWanted: boolean) => void = () => {};
    const asked = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    const transport = createSmtpTransport({ url: server.url });
    const result = await transport.send(someMail(), IMPATIENT_MS, () => asked);
    expect(result).toMatchObject({ class: "transient", code: "timeout" });
    allow(true);
    expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.contents).toHaveLength(1);
  });
});

test("something that is no mail server is ours", async () => {
  const { result } = await sendTo({ GREETING: "HTTP/1.1 400 Bad Request" });
  expect(result).toMatchObject({ class: "ours", code: "protocol_error" });
});

describe("kept connections", () => {
  test("carry one mail after another, reset in between", async () => {
    const server = await startSmtp();
    const transport = createSmtpTransport({ url: server.url });
    for (let mail = 1; mail <= 3; mail++)
      expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.connections()).toBe(1);
    expect(server.commands.filter((command) => command === "RSET")).toHaveLength(2);
  });

  test("carry one mail at a time: two at once have two connections", async () => {
    const server = await startSmtp();
    const transport = createSmtpTransport({ url: server.url });
    const results = await Promise.all([
      transport.send(someMail(), PATIENT_MS),
      transport.send(someMail(), PATIENT_MS),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
    expect(server.connections()).toBe(2);
  });

  test.each<[string, Partial<Record<SmtpCommand, SmtpReply>>]>([
    ["hangs up", { RSET: { does: "drop" } }],
    ["says that it closes", { RSET: "421 4.4.2 Idle too long" }],
  ])("that the server %s cost no attempt", async (_, replies) => {
    const server = await startSmtp(replies);
    const transport = createSmtpTransport({ url: server.url });
    for (let mail = 1; mail <= 2; mail++)
      expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.connections()).toBe(2);
    expect(server.contents).toHaveLength(2);
  });

  test("that were cut while idle cost no attempt", async () => {
    const server = await startSmtp();
    const transport = createSmtpTransport({ url: server.url });
    await transport.send(someMail(), PATIENT_MS);
    server.dropAll();
    expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
  });

  test("are not used again after a failure", async () => {
    const server = await startSmtp({ RCPT: "550 5.1.1 User unknown" });
    const transport = createSmtpTransport({ url: server.url });
    await transport.send(someMail(), PATIENT_MS);
    server.script({ RCPT: "250 Ok" });
    expect((await transport.send(someMail(), PATIENT_MS)).outcome).toBe("accepted");
    expect(server.connections()).toBe(2);
  });

  test("never carry a mail twice by themselves", async () => {
    const server = await startSmtp();
    const transport = createSmtpTransport({ url: server.url });
    await transport.send(someMail(), PATIENT_MS);
    server.script({ CONTENT: { does: "drop" } });
    const mail = someMail();
    expect(await transport.send(mail, PATIENT_MS)).toMatchObject({ class: "ambiguous" });
    expect(server.contents.filter((content) => content.includes(mail.messageId))).toHaveLength(1);
  });
});

describe("addresses in other scripts", () => {
  test("go out with SMTPUTF8 where the server offers it, the domain in ASCII", async () => {
    const server = await startSmtp();
    const result = await createSmtpTransport({ url: server.url }).send(
      someMail({ to: "用户@例子.example" }),
      PATIENT_MS,
    );
    expect(result.outcome).toBe("accepted");
    expect(server.commands).toContain("MAIL FROM:<hello@latchkey.example> SMTPUTF8");
    expect(server.commands).toContain("RCPT TO:<用户@xn--fsqu00a.example>");
  });

  test("are not sent where it does not", async () => {
    const server = await startSmtp({ EHLO: "250 mail.test" });
    const result = await createSmtpTransport({ url: server.url }).send(
      someMail({ to: "用户@example.com" }),
      PATIENT_MS,
    );
    expect(result).toMatchObject({ class: "permanent", code: "address_not_supported" });
    expect(server.commands.some((command) => command.startsWith("MAIL"))).toBe(false);
  });

  test("need no SMTPUTF8 when only the domain is in another script", async () => {
    const server = await startSmtp({ EHLO: "250 mail.test" });
    const result = await createSmtpTransport({ url: server.url }).send(
      someMail({ to: "ada@bücher.example" }),
      PATIENT_MS,
    );
    expect(result.outcome).toBe("accepted");
    expect(server.commands).toContain("RCPT TO:<ada@xn--bcher-kva.example>");
  });
});

test("a mail that could add a header or a recipient is not sent at all", async () => {
  const server = await startSmtp();
  const transport = createSmtpTransport({ url: server.url });
  for (const change of [
    { subject: "Hi\r\nBcc: v@example.com" },
    { to: "ada@example.com>\r\nRCPT TO:<v@example.com" },
  ])
    expect((await transport.send(someMail(change), PATIENT_MS)).outcome).toBe("failed");
  expect(server.connections()).toBe(0);
});

describe("TLS", () => {
  async function startTls(options: { secure: boolean }) {
    const server = new SMTPServer({ ...tlsFiles(), ...options, authOptional: true, logger: false });
    server.on("error", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const address = server.server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port");
    return address.port;
  }

  test.each([
    ["from the first byte", true, "smtps://localhost:", ""],
    ["by STARTTLS", false, "smtp://localhost:", "?starttls=required"],
  ])("%s with a certificate nobody vouches for is ours", async (_, secure, scheme, options) => {
    const port = await startTls({ secure });
    const result = await createSmtpTransport({ url: `${scheme}${port}${options}` }).send(
      someMail(),
      PATIENT_MS,
    );
    expect(result).toMatchObject({ class: "ours", code: "tls_failed" });
  });

  test("that is required and not offered is ours, and no password is sent", async () => {
    const server = await startSmtp();
    const url = `${server.url.replace("smtp://", "smtp://ada:secret@")}?starttls=required`;
    const result = await createSmtpTransport({ url }).send(someMail(), PATIENT_MS);
    expect(result).toMatchObject({ class: "ours", code: "tls_failed" });
    expect(server.commands.some((command) => command.startsWith("AUTH"))).toBe(false);
  });

  test("smtps to a server that speaks plainly is ours", async () => {
    const server = await startSmtp();
    const result = await createSmtpTransport({ url: `smtps://127.0.0.1:${server.port}` }).send(
      someMail(),
      PATIENT_MS,
    );
    expect(result).toMatchObject({ class: "ours", code: "tls_failed" });
  });

  test("to a server that never shakes hands ends at the limit", async () => {
    const port = await listen(net.createServer(() => {}));
    const result = await createSmtpTransport({ url: `smtps://127.0.0.1:${port}` }).send(
      someMail(),
      IMPATIENT_MS,
    );
    expect(result).toMatchObject({ class: "transient", code: "timeout" });
  });
});
