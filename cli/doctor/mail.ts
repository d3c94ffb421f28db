// Would the mail provider take our mails? Asked as sending asks, but without a mail.
import addressparser from "nodemailer/lib/addressparser/index.js";
import { RESEND_API } from "../../emails/transports/resend";
import { SmtpFailure } from "../../emails/transports/smtp-failure";
import { SmtpSession } from "../../emails/transports/smtp-session";
import { parseSmtpUrl, type SmtpSettings } from "../../emails/transports/smtp-url";
import { type Asked, ask, entriesOf, textOf } from "./ask";
import { checkDomain } from "./dns";
import type { Variables } from "./environment";
import { type Finding, ok, problem, warning } from "./finding";

/** EMAIL_TIMEOUT when it is not set (env.ts). */
const SMTP_TIMEOUT_SECONDS = 10;

/** Never throws. Nothing to say when no provider is set: the environment's part has said so. */
export async function checkMail(variables: Variables): Promise<Finding[]> {
  const { RESEND_API_KEY, RESEND_BASE_URL, RESEND_WEBHOOK_SECRET, SMTP_URL, EMAIL_FROM, EMAIL_TIMEOUT } =
    variables;
  const domain = domainOf(EMAIL_FROM);
  const timeoutMs = (Number(EMAIL_TIMEOUT) || SMTP_TIMEOUT_SECONDS) * 1000;
  const [resend, smtp, dns] = await Promise.all([
    RESEND_API_KEY ? checkResend(RESEND_API_KEY, RESEND_BASE_URL || RESEND_API, domain) : [],
    SMTP_URL ? checkSmtp(SMTP_URL, timeoutMs) : [],
    domain ? checkDomain(domain, Boolean(RESEND_API_KEY)) : [],
  ]);
  return [...resend, ...(RESEND_API_KEY ? [judgeWebhookSecret(RESEND_WEBHOOK_SECRET)] : []), ...smtp, ...dns];
}

/** In lower case; null without a sender of one's own. */
export function domainOf(sender: string | undefined): string | null {
  const [mailbox] = addressparser(sender ?? "", { flatten: true });
  return /@([^@\s]+)$/.exec(mailbox?.address ?? "")?.[1]?.toLowerCase() ?? null;
}

/** A request to send without a mail in it: a good key, also one that may only send, is told what is missing. */
async function checkResend(apiKey: string, baseUrl: string, domain: string | null): Promise<Finding[]> {
  const base = baseUrl.replace(/\/+$/, "");
  const headers = { authorization: `Bearer ${apiKey}` };
  const key = judgeResendKey(await ask(`${base}/emails`, { method: "POST", headers, json: {} }));
  if (key.level !== "ok" || !domain) return [key];
  return [key, ...judgeResendDomain(await ask(`${base}/domains`, { headers }), domain)];
}

/** Errors by name as in resend.com/docs/api-reference/errors. */
export function judgeResendKey(asked: Asked): Finding {
  if (asked.status === null)
    return problem(
      "mail",
      `Resend does not answer (${asked.why}).`,
      "Let this machine out to api.resend.com:443, or correct RESEND_BASE_URL.",
    );
  const message = textOf(asked.body, "message") ?? "";
  if (asked.status === 401 || asked.status === 403 || /api key/i.test(message))
    return problem(
      "mail",
      `Resend does not know the key (${textOf(asked.body, "name") ?? asked.status}).`,
      "Make a key under resend.com/api-keys and set RESEND_API_KEY to it.",
    );
  if (asked.status === 422 || asked.status === 400) return ok("mail", "Resend answers and takes the key.");
  if (asked.status === 429)
    return warning(
      "mail",
      `Resend answers that it has had too much (${textOf(asked.body, "name") ?? "429"}).`,
      "Set EMAIL_RATE_LIMIT to what your plan allows a second, or look at your quota.",
    );
  return problem(
    "mail",
    `Resend answered ${asked.status}.`,
    "Look at resend-status.com, or correct RESEND_BASE_URL.",
  );
}

/** Nothing to say with a key that may only send, and with a server that keeps no list of domains. */
export function judgeResendDomain(asked: Asked, domain: string): Finding[] {
  if (asked.status !== 200) return [];
  const isUnder = (name: string | null) => name !== null && (domain === name || domain.endsWith(`.${name}`));
  const known = entriesOf(asked.body).find((entry) => textOf(entry, "name") === domain);
  const entry = known ?? entriesOf(asked.body).find((candidate) => isUnder(textOf(candidate, "name")));
  if (entry === undefined)
    return [
      problem(
        "mail",
        `Resend has no domain ${domain}.`,
        "Add it under resend.com/domains, or correct EMAIL_FROM.",
      ),
    ];
  const status = textOf(entry, "status") ?? "unknown";
  if (status === "verified") return [ok("mail", `Resend has verified ${domain}.`)];
  return [
    problem(
      "mail",
      `Resend has not verified ${domain} (${status}).`,
      "Publish the records that resend.com/domains shows, and press Verify.",
    ),
  ];
}

function judgeWebhookSecret(secret: string | undefined): Finding {
  if (secret) return ok("mail", "RESEND_WEBHOOK_SECRET is set.");
  return warning(
    "mail",
    "RESEND_WEBHOOK_SECRET is not set, so nobody learns whether a mail was delivered or came back.",
    "Add a webhook to /api/webhooks/resend under resend.com/webhooks and set it to the secret shown there.",
  );
}

/** Port, greeting, TLS and sign-in, by the session that sending uses. */
async function checkSmtp(url: string, timeoutMs: number): Promise<Finding[]> {
  let settings: SmtpSettings;
  try {
    settings = parseSmtpUrl(url);
  } catch (error) {
    return [
      problem(
        "mail",
        `${error instanceof Error ? error.message : error}.`,
        "Correct SMTP_URL; the README has examples.",
      ),
    ];
  }
  const where = `${settings.host}:${settings.port}`;
  try {
    const session = await SmtpSession.open(settings, AbortSignal.timeout(timeoutMs));
    session.close(true);
  } catch (error) {
    if (!(error instanceof SmtpFailure)) throw error;
    return [judgeSmtpFailure(error, settings)];
  }
  const { secure, starttls, credentials } = settings;
  const isSafe = secure || starttls === "required";
  const how = [
    secure ? "TLS" : starttls === "required" ? "STARTTLS" : "no TLS for certain",
    credentials ? "credentials taken" : "no credentials",
  ].join(", ");
  const reached = ok("mail", `The SMTP server ${where} takes mail (${how}).`);
  if (isSafe || starttls === "off") return [reached];
  return [
    reached,
    warning(
      "mail",
      "Without ?starttls=required a mail goes out in clear when somebody takes STARTTLS out of the way.",
      "Add ?starttls=required to SMTP_URL, or write smtps://.",
    ),
  ];
}

/** What to do, by how it failed (emails/failures.ts). */
export function judgeSmtpFailure(failure: SmtpFailure, { host, port, secure }: SmtpSettings): Finding {
  const where = `${host}:${port}`;
  const code = failure.providerCode === null ? failure.code : `${failure.code}, ${failure.providerCode}`;
  const says = `The SMTP server ${where} does not take mail (${code}).`;
  switch (failure.code) {
    case "host_not_found":
      return problem("mail", says, "Correct the host in SMTP_URL: DNS does not know it.");
    case "connection_refused":
    case "unreachable":
    case "timeout":
      return problem(
        "mail",
        says,
        `Check that it runs and that this machine may reach port ${port}; hosters often close 25, while 587 and 465 are open.`,
      );
    case "credentials_refused":
      return problem(
        "mail",
        says,
        "Correct user and password in SMTP_URL, special characters percent-encoded.",
      );
    case "tls_failed":
      return problem(
        "mail",
        says,
        "Its certificate must be valid for this host; a private authority is added with NODE_EXTRA_CA_CERTS.",
      );
    case "encryption_required":
      return problem("mail", says, "It offers no STARTTLS here: use smtps:// and its port, usually 465.");
    case "connection_lost":
    case "protocol_error":
      return problem(
        "mail",
        says,
        secure
          ? "Is this its port for TLS from the first byte (465)? For STARTTLS write smtp:// and 587."
          : "Is this its port for STARTTLS (587)? For TLS from the first byte write smtps:// and 465.",
      );
    default:
      return problem("mail", says, "Its own log says more.");
  }
}
