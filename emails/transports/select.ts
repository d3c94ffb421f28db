// Which provider sends: one variable decides (promise P9).
import type { Transport } from "../transport";
import { createResendTransport } from "./resend";
import { createSmtpTransport } from "./smtp";

export type TransportConfig = {
  /** RESEND_API_KEY. Comes first when both are set, since only Resend can promise that nothing is sent twice. */
  resendApiKey?: string | undefined;
  /** RESEND_BASE_URL: another server with Resend's API, such as the local inbox. */
  resendBaseUrl?: string | undefined;
  /** SMTP_URL. */
  smtpUrl?: string | undefined;
  /** EMAIL_FAILOVER: the provider that steps in; the other one comes first. Both must be configured. */
  failover?: "resend" | "smtp" | undefined;
};

export type SelectedTransports = { transport: Transport; failover: Transport | null };

/** The transports that are configured. Throws a sentence when there is none or a setting is wrong. */
export function selectTransports(config: TransportConfig): SelectedTransports {
  const { resendApiKey, resendBaseUrl, smtpUrl, failover } = config;
  const resend = resendApiKey
    ? createResendTransport({ apiKey: resendApiKey, baseUrl: resendBaseUrl })
    : null;
  const smtp = smtpUrl ? createSmtpTransport({ url: smtpUrl }) : null;
  if (failover) {
    if (!resend || !smtp)
      throw new Error("EMAIL_FAILOVER needs two ways to send mail: set RESEND_API_KEY and SMTP_URL");
    return failover === "smtp"
      ? { transport: resend, failover: smtp }
      : { transport: smtp, failover: resend };
  }
  const transport = resend ?? smtp;
  if (!transport) throw new Error("No way to send mail is configured: set RESEND_API_KEY or SMTP_URL");
  return { transport, failover: null };
}
