// The SMTP port as nodemailer sees it.
import { connect } from "node:net";
import nodemailer, { type SendMailOptions } from "nodemailer";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type MailProcess, someone, startMailProcess, until } from "./support/mail-process";

let server: MailProcess;

beforeAll(async () => {
  server = await startMailProcess({ env: { RESEND_API_KEY: "re_the_one" } });
});
afterEach(() => server.calm());
afterAll(() => server.stop());

type Outcome =
  | { ok: true; response: string }
  | { ok: false; code: string; responseCode: number | null; response: string };

async function send(
  to: string,
  options: SendMailOptions & { pass?: string; socketTimeoutMs?: number } = {},
): Promise<Outcome> {
  const { pass, socketTimeoutMs, ...mail } = options;
  const transport = nodemailer.createTransport({
    host: "127.0.0.1",
    port: server.smtpPort,
    socketTimeout: socketTimeoutMs ?? 20_000,
    greetingTimeout: socketTimeoutMs ?? 20_000,
    ...(pass === undefined ? {} : { auth: { user: "resend", pass } }),
  });
  try {
    const { response } = await transport.sendMail({
      from: "Latchkey <hello@latchkey.example>",
      to,
      subject: "123456 is your code",
      text: "Your code is 123456",
      html: "<p>Your code is 123456</p>",
      messageId: `<${to.replace("@", ".")}@latchkey.example>`,
      ...mail,
    });
    return { ok: true, response };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const {
      code = "",
      responseCode = null,
      response = error.message,
    } = error as Error & {
      code?: string;
      responseCode?: number;
      response?: string;
    };
    return { ok: false, code, responseCode, response };
  } finally {
    transport.close();
  }
}

/** Speaks SMTP line by line; the replies, the greeting first. */
function talk(lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const replies: string[] = [];
    const socket = connect(server.smtpPort, "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString();
      // The last line of a reply has a blank behind its code.
      if (!/(^|\r\n)\d{3} [^\r\n]*\r\n$/.test(heard)) return;
      replies.push(heard.trim());
      heard = "";
      const next = lines[replies.length - 1];
      if (next === undefined) socket.end();
      else socket.write(`${next}\r\n`);
    });
    socket.on("close", () => resolve(replies));
    socket.on("error", reject);
  });
}

describe("a message", () => {
  test("is kept with its parts, its headers, its source and its Message-ID", async () => {
    const to = someone();
    const outcome = await send(`Ada <${to}>`, {
      messageId: "<stable@latchkey.example>",
      cc: "cleo@example.com",
      bcc: "bea@example.com",
      subject: "Grüße, 123456",
      attachments: [{ filename: "a.txt", content: "hello" }],
      headers: { "X-Entity-Ref-ID": "7" },
    });
    expect(outcome).toMatchObject({ ok: true });
    const [found] = await server.mailsTo(to);
    const mail = await server.mail(found?.id ?? "");
    expect(outcome).toMatchObject({ response: `250 2.0.0 Ok ${mail.id}` });
    expect(mail).toMatchObject({
      via: "smtp",
      from: "Latchkey <hello@latchkey.example>",
      to: [`Ada <${to}>`],
      cc: ["cleo@example.com"],
      bcc: ["bea@example.com"],
      subject: "Grüße, 123456",
      text: "Your code is 123456",
      html: "<p>Your code is 123456</p>",
      message_id: "<stable@latchkey.example>",
      duplicate_of: null,
      attachments: [{ filename: "a.txt", content_type: "text/plain", size_bytes: 5 }],
    });
    expect(mail.headers).toContainEqual({ name: "X-Entity-Ref-ID", value: "7" });
    expect(mail.raw).toContain("Message-ID: <stable@latchkey.example>");
  });

  test("sent twice is two mails, and the second is marked as a double", async () => {
    const to = someone();
    await send(to);
    await send(to);
    const [second, first] = await server.mailsTo(to);
    expect(second?.duplicate_of).toBe(first?.id);
  });

  test("sent twice with Resend's idempotency header is one mail", async () => {
    const to = someone();
    const headers = { "Resend-Idempotency-Key": `delivery/${to}` };
    const answers = [await send(to, { headers }), await send(to, { headers })];
    expect(answers[0]).toEqual(answers[1]);
    expect(await server.mailsTo(to)).toHaveLength(1);
  });

  test("over 40 MB is refused for good, when announced and when not", async () => {
    const announced = await talk(["EHLO test", "MAIL FROM:<a@example.com> SIZE=50000000"]);
    expect(announced.at(-1)).toMatch(/^552 /);
    const line = `${"x".repeat(998)}\r\n`;
    const message = `Subject: large\r\n\r\n${line.repeat(42 * 1024)}.`;
    const to = someone();
    const replies = await talk([
      "EHLO test",
      "MAIL FROM:<a@example.com>",
      `RCPT TO:<${to}>`,
      "DATA",
      message,
    ]);
    expect(replies.at(-1)).toMatch(/^552 5\.3\.4/);
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("becomes delivered", async () => {
    const to = someone();
    await send(to);
    await until("delivered", async () => (await server.mailsTo(to))[0]?.state === "delivered");
  });
});

describe("signing in", () => {
  test("is not needed; with the key it works, with another it is refused", async () => {
    expect(await send(someone())).toMatchObject({ ok: true });
    expect(await send(someone(), { pass: "re_the_one" })).toMatchObject({ ok: true });
    expect(await send(someone(), { pass: "re_another" })).toMatchObject({ ok: false, responseCode: 535 });
  });
});

describe("an address asks for its own trouble", () => {
  test("+slow: the answer takes 8 seconds", async () => {
    const started = performance.now();
    expect(await send(someone("slow"))).toMatchObject({ ok: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(7_990);
  });

  test("+retry2: the same message is refused for now twice, then accepted", async () => {
    const to = someone("retry2");
    const codes = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const outcome = await send(to);
      codes.push(outcome.ok ? 250 : outcome.responseCode);
    }
    expect(codes).toEqual([451, 451, 250]);
    expect((await server.mailsTo(to)).map(({ tries }) => tries)).toEqual([3]);
  });

  test("+fail is refused for now at RCPT, +refuse for good, +greylist once", async () => {
    expect(await send(someone("fail"))).toMatchObject({ ok: false, responseCode: 451 });
    expect(await send(someone("refuse"))).toMatchObject({ ok: false, responseCode: 550 });
    const to = someone("greylist");
    expect(await send(to)).toMatchObject({ ok: false, response: expect.stringContaining("4.7.1") });
    expect(await send(to)).toMatchObject({ ok: true });
  });

  test("+hang: no answer comes, and nothing is accepted", async () => {
    const to = someone("hang");
    expect(await send(to, { socketTimeoutMs: 700 })).toMatchObject({ ok: false, code: "ETIMEDOUT" });
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("+drop: accepted, and the connection cut before the reply; trying again makes a visible double", async () => {
    const to = someone("drop");
    expect(await send(to)).toMatchObject({ ok: false, responseCode: null });
    expect(await server.mailsTo(to)).toHaveLength(1);
    await send(to);
    const [second, first] = await server.mailsTo(to);
    expect(second?.duplicate_of).toBe(first?.id);
  });

  test("+bounce: accepted, then bounced", async () => {
    const to = someone("bounce");
    await send(to);
    await until("bounced", async () => (await server.mailsTo(to))[0]?.state === "bounced");
  });
});

describe("the dial gives everyone trouble", () => {
  test.each<[string, number | null, string]>([
    ["refuse", 451, "4.3.0"],
    ["reject", 550, "5.1.1"],
    ["rate_limit", 451, "4.7.28"],
    ["quota", 452, "4.3.1"],
    ["greylist", 451, "4.7.1"],
  ])("%s: %i", async (kind, code, words) => {
    await server.setFaults({ kind });
    const to = someone();
    expect(await send(to)).toMatchObject({
      ok: false,
      responseCode: code,
      response: expect.stringContaining(words),
    });
    expect(await server.mailsTo(to)).toHaveLength(0);
  });

  test("down: the connection is cut before the greeting", async () => {
    await server.setFaults({ kind: "down" });
    const heard = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(server.smtpPort, "127.0.0.1");
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(heard).toBe("");
    expect(await send(someone())).toMatchObject({ ok: false, responseCode: null });
  });

  test("hang: no answer to the message; lost_reply: accepted and cut; slow: late", async () => {
    const [hung, lost, late] = [someone(), someone(), someone()];
    await server.setFaults({ kind: "hang" });
    expect(await send(hung, { socketTimeoutMs: 700 })).toMatchObject({ ok: false, code: "ETIMEDOUT" });
    expect(await server.mailsTo(hung)).toHaveLength(0);
    await server.setFaults({ kind: "lost_reply" });
    expect(await send(lost)).toMatchObject({ ok: false, responseCode: null });
    expect(await server.mailsTo(lost)).toHaveLength(1);
    await server.setFaults({ kind: "slow", delay_ms: 400 });
    const started = performance.now();
    expect(await send(late)).toMatchObject({ ok: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(395);
  });

  test("a limit per second holds for messages too", async () => {
    await server.setFaults({ limit_per_second: 2 });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => send(someone())));
    expect(outcomes.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(2);
    const refused = outcomes.filter((outcome) => !outcome.ok);
    for (const outcome of refused) expect(outcome).toMatchObject({ responseCode: 451 });
  });
});
