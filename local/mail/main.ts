// The mail stand-in as a process of its own:
// `node local/run.mjs mail --port 8025 --smtp-port 1025 --data-dir .latchkey/mail [--webhook-url …]`.
// RESEND_API_KEY, when set, is the only key accepted; RESEND_WEBHOOK_SECRET signs the webhooks.
import { parseArgs } from "node:util";
import { startMail } from "./server.ts";

const log = (message: string) => console.log(`mail: ${message}`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8025" },
      "smtp-port": { type: "string", default: "1025" },
      "data-dir": { type: "string", default: ".latchkey/mail" },
      "webhook-url": { type: "string" },
    },
  });
  const webhookUrl = values["webhook-url"] || null;
  if (webhookUrl !== null && (!URL.canParse(webhookUrl) || !/^https?:$/.test(new URL(webhookUrl).protocol))) {
    throw new Error(`--webhook-url ${webhookUrl} is not an http address.`);
  }
  return {
    port: readPort("--port", values.port),
    smtpPort: readPort("--smtp-port", values["smtp-port"]),
    dataDir: values["data-dir"],
    webhookUrl,
    webhookSecret: process.env.RESEND_WEBHOOK_SECRET || null,
    apiKey: process.env.RESEND_API_KEY || null,
  };
}

function readPort(option: string, value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535)
    throw new Error(`${option} ${value} is not a port (0 to 65535).`);
  return port;
}

async function main(): Promise<void> {
  const options = readOptions();
  // The parent is gone: nobody would stop us later. It may go while we start.
  let isOrphan = false;
  let stop = () => {
    isOrphan = true;
  };
  process.once("disconnect", () => stop());
  const mail = await startMail({ ...options, log });
  stop = () => {
    mail.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (isOrphan) return stop();
  log(`inbox at ${mail.url}, SMTP at ${mail.smtpUrl}`);
  process.send?.({ type: "ready", url: mail.url, smtpUrl: mail.smtpUrl, pid: process.pid });
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`mail: ${message}`);
  // The number of EADDRINUSE: whoever started us may try another port.
  process.exit(/^Port \d+ is taken/.test(message) ? 98 : 1);
});
