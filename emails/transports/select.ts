// Which provider sends: one variable decides (promise P9).
import type { Transport } from "../transport";
import { createResendTransport } from "./resend";
import { createSmtpTransport } from "./smtp";

export type TransportConfig = {
  /** RESEND_API_KEY. Wins when both are set, since only Resend can promise that nothing is sent twice. */
  resendApiKey?: string | undefined;
  /** RESEND_BASE_URL: another server with Resend's API, such as the local inbox. */
  resendBaseUrl?: string | undefined;
  /** SMTP_URL. */
  smtpUrl?: string | undefined;
};

/** The transport that is configured. Throws a sentence when there is none or its setting is wrong. */
export function selectTransport(config: TransportConfig): Transport {
  if (config.resendApiKey)
    return createResendTransport({ apiKey: config.resendApiKey, baseUrl: config.resendBaseUrl });
  if (config.smtpUrl) return createSmtpTransport({ url: config.smtpUrl });
  throw new Error("No way to send mail is configured: set RESEND_API_KEY or SMTP_URL");
}
