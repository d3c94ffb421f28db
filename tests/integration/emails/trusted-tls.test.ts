// With an authority that vouches for the server, as NODE_EXTRA_CA_CERTS adds one.
import { execFile } from "node:child_process";
import https from "node:https";
import path from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import type { SendResult } from "@/emails/transport";
import type { TransportConfig } from "@/emails/transports/select";
import { CERTIFICATE_FILE, listen, someMail, tlsFiles } from "./scripted-servers";

const run = promisify(execFile);

async function sendInOwnProcess(config: TransportConfig): Promise<SendResult> {
  const program = path.join(import.meta.dirname, "send-once.ts");
  const { stdout } = await run(
    process.execPath,
    ["--import", "tsx", program, JSON.stringify(config), JSON.stringify(someMail())],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE } },
  );
  return JSON.parse(stdout) as SendResult;
}

/** A server that wants a password, and takes it only over TLS. */
async function startServer(secure: boolean) {
  const mails: { user: string | undefined; isEncrypted: boolean; content: string }[] = [];
  const server = new SMTPServer({
    ...tlsFiles(),
    secure,
    logger: false,
    allowInsecureAuth: false,
    onAuth({ username, password }, _session, done) {
      if (username === "ada@example.com" && password === "p:w/") done(null, { user: username });
      else done(new Error("Wrong password"));
    },
    onData(stream, session, done) {
      let content = "";
      stream.on("data", (chunk: Buffer) => {
        content += chunk.toString();
      });
      stream.on("end", () => {
        mails.push({ user: session.user, isEncrypted: session.secure, content });
        done(null, "queued as A1B2C3");
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return { mails, port: address.port };
}

test.each([
  ["TLS from the first byte", true, "smtps", ""],
  ["STARTTLS", false, "smtp", "?starttls=required"],
])("SMTP signs in and sends over %s", { timeout: 20_000 }, async (_, secure, scheme, options) => {
  const { mails, port } = await startServer(secure);
  const smtpUrl = `${scheme}://ada%40example.com:p%3Aw%2F@localhost:${port}${options}`;
  expect(await sendInOwnProcess({ smtpUrl })).toEqual({ outcome: "accepted", providerMessageId: "A1B2C3" });
  expect(mails).toMatchObject([{ user: "ada@example.com", isEncrypted: true }]);
  expect(mails[0]?.content).toContain("Auto-Submitted: auto-generated");
});

test("Resend's API is reached over HTTPS", { timeout: 20_000 }, async () => {
  const server = https.createServer(tlsFiles(), (request, response) => {
    request
      .resume()
      .on("end", () => response.end(JSON.stringify({ id: request.headers["idempotency-key"] })));
  });
  const port = await listen(server);
  const config = { resendApiKey: "re_123", resendBaseUrl: `https://localhost:${port}/` };
  const result = await sendInOwnProcess(config);
  expect(result).toMatchObject({
    outcome: "accepted",
    providerMessageId: expect.stringMatching(/^delivery\//),
  });
});
