// A mail that was accepted, handed over again: takes the same way, arrives once.
import { expect, onTestFinished, test } from "vitest";
import { createResendTransport } from "@/emails/transports/resend";
import { createSmtpTransport } from "@/emails/transports/smtp";
import { startMailProcess } from "../mail/support/mail-process";
import { someMail, startSmtp } from "./scripted-servers";

const PATIENT_MS = 5000;
const IMPATIENT_MS = 300;

test("Resend answers under the same key, also when the text has changed since, and sends nothing", async () => {
  const mail = await startMailProcess({ env: { RESEND_API_KEY: "re_test" } });
  onTestFinished(() => mail.stop());
  const transport = createResendTransport({ apiKey: "re_test", baseUrl: mail.url });
  const notice = someMail();
  expect(await transport.send(notice, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(await transport.sendAgain(notice, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(await transport.sendAgain({ ...notice, text: "another version" }, PATIENT_MS)).toMatchObject({
    outcome: "accepted",
  });
  expect(await mail.mailsTo(notice.to)).toHaveLength(1);

  await mail.setFaults({ faults: [{ kind: "hang" }] });
  const [again, other] = await Promise.all([
    transport.sendAgain(notice, IMPATIENT_MS),
    transport.send(someMail(), IMPATIENT_MS),
  ]);
  expect(again).toEqual(other);
  await mail.calm();
});

test("SMTP is spoken up to the mail itself", async () => {
  const server = await startSmtp();
  const transport = createSmtpTransport({ url: server.url });
  const notice = someMail();
  expect(await transport.send(notice, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(await transport.sendAgain(notice, PATIENT_MS)).toMatchObject({ outcome: "accepted" });
  expect(server.contents).toHaveLength(1);
  expect(server.commands.filter((command) => command === "RSET")).toHaveLength(1);
});

test("SMTP in trouble fails as it does for any mail", async () => {
  const server = await startSmtp({ GREETING: "421 4.3.2 Too busy" });
  const transport = createSmtpTransport({ url: server.url });
  const mail = someMail();
  expect(await transport.sendAgain(mail, PATIENT_MS)).toEqual(await transport.send(mail, PATIENT_MS));
});
