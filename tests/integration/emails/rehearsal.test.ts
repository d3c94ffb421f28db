// A mail that nobody is to get: takes the way of any other, fails as any other, and arrives nowhere.
import { expect, onTestFinished, test } from "vitest";
import { createResendTransport } from "@/emails/transports/resend";
import { createSmtpTransport } from "@/emails/transports/smtp";
import { startMailProcess } from "../mail/support/mail-process";
import { type SmtpCommand, type SmtpReply, someMail, startSmtp } from "./scripted-servers";

const PATIENT_MS = 5000;
const IMPATIENT_MS = 300;

test("Resend takes it for its own sink, and hangs as it does for any mail", async () => {
  const mail = await startMailProcess({ env: { RESEND_API_KEY: "re_test" } });
  onTestFinished(() => mail.stop());
  const transport = createResendTransport({ apiKey: "re_test", baseUrl: mail.url });
  const withheld = someMail();
  expect(await transport.rehearse(withheld, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(await mail.mailsTo(withheld.to)).toHaveLength(0);
  expect(await mail.mailsTo("delivered@resend.dev")).toHaveLength(1);

  await mail.setFaults({ faults: [{ kind: "hang" }] });
  const [rehearsed, sent] = await Promise.all([
    transport.rehearse(someMail(), IMPATIENT_MS),
    transport.send(someMail(), IMPATIENT_MS),
  ]);
  expect(rehearsed).toEqual(sent);
  await mail.calm();
});

async function smtp(replies: Partial<Record<SmtpCommand, SmtpReply>> = {}) {
  const server = await startSmtp(replies);
  return { server, transport: createSmtpTransport({ url: server.url }) };
}

test("SMTP is spoken up to the mail itself, on a connection that real mails use too", async () => {
  const { server, transport } = await smtp();
  const mails = [someMail(), someMail({ to: "grün@exämple.com" }), someMail()];
  const [first, withheld, last] = mails as [(typeof mails)[0], (typeof mails)[0], (typeof mails)[0]];
  expect(await transport.send(first, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(await transport.rehearse(withheld, PATIENT_MS)).toEqual({
    outcome: "accepted",
    providerMessageId: null,
  });
  expect(await transport.send(last, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(server.contents).toHaveLength(2);
  expect(server.connections()).toBe(1);
  const from = server.commands.lastIndexOf("RSET", server.commands.lastIndexOf("RSET") - 1);
  expect(server.commands.slice(from, from + 4)).toEqual([
    "RSET",
    "MAIL FROM:<hello@latchkey.example> SMTPUTF8",
    "RCPT TO:<grün@xn--exmple-cua.com>",
    "RSET",
  ]);
});

test.each<[SmtpCommand, string]>([
  ["GREETING", "421 4.3.2 Too busy"],
  ["MAIL", "451 4.7.1 Too many mails from you"],
  ["RCPT", "450 4.2.1 The mailbox is busy"],
  ["RCPT", "550 5.1.1 No such mailbox"],
])("SMTP that refuses at %s fails as it does for any mail: %s", async (command, reply) => {
  const { transport } = await smtp({ [command]: reply });
  const mail = someMail();
  const rehearsed = await transport.rehearse(mail, PATIENT_MS);
  expect(rehearsed).toEqual(await transport.send(mail, PATIENT_MS));
  expect(rehearsed.outcome).toBe("failed");
});

test("who is not wanted any more is told so here too, and the limit ends the question", async () => {
  const mail = await startMailProcess({ env: { RESEND_API_KEY: "re_test" } });
  onTestFinished(() => mail.stop());
  const { transport, server } = await smtp();
  for (const one of [transport, createResendTransport({ apiKey: "re_test", baseUrl: mail.url })]) {
    expect(await one.rehearse(someMail(), PATIENT_MS, async () => false)).toEqual({ outcome: "unwanted" });
    const never = () => new Promise<boolean>(() => {});
    expect(await one.rehearse(someMail(), IMPATIENT_MS, never)).toMatchObject({ code: "timeout" });
  }
  expect(server.contents).toEqual([]);
  expect(await mail.mailsTo("delivered@resend.dev")).toEqual([]);
});

test("SMTP takes as long as real mails lately took, the time after the mail itself included", async () => {
  const { server, transport } = await smtp();
  const SLOW_MS = 400;
  server.script({ CONTENT: { afterMs: SLOW_MS, reply: "250 2.0.0 Ok: queued as 4F2D1A9B" } });
  await transport.send(someMail(), PATIENT_MS);
  const beganMs = performance.now();
  expect(await transport.rehearse(someMail(), PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  // Timers may be a millisecond early.
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(SLOW_MS - 2);
});

test.each<[string, Partial<Record<SmtpCommand, SmtpReply>>]>([
  ["refuses the mail itself", { CONTENT: "451 4.3.0 Not now" }],
  ["takes no mail just now", { DATA: "451 4.3.0 Not now" }],
  ["never answers to a mail", { CONTENT: { does: "nothing" } }],
])("SMTP that %s does so here too, once that was seen", async (_, replies) => {
  const { transport } = await smtp(replies);
  const sent = await transport.send(someMail(), IMPATIENT_MS);
  expect(sent.outcome).toBe("failed");
  expect(await transport.rehearse(someMail(), IMPATIENT_MS)).toEqual(sent);
});

test("SMTP that refuses one mail for good refuses no other for it", async () => {
  const { server, transport } = await smtp({ CONTENT: "550 5.1.1 No such mailbox" });
  expect(await transport.send(someMail(), PATIENT_MS)).toMatchObject({ class: "permanent" });
  server.script({ CONTENT: "250 2.0.0 Ok" });
  expect(await transport.rehearse(someMail(), PATIENT_MS)).toMatchObject({ outcome: "accepted" });
});
