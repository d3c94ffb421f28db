// SMTP_URL, read once at boot: smtp://user:password@host:587, smtps://host:465, ?starttls=, ?ehlo=.

export type SmtpSettings = {
  host: string;
  port: number;
  /** TLS from the first byte (RFC 8314 3.3). */
  secure: boolean;
  /** `required`: no mail without; `offered`: when the server offers it; `off`: never. Without meaning when `secure`. */
  starttls: "required" | "offered" | "off";
  credentials: { user: string; pass: string } | null;
  /** The name we greet with; null lets the library choose the host's name or address literal. */
  ehloName: string | null;
};

const OPTIONS = ["starttls", "ehlo"];

/**
 * Reads an SMTP URL; throws a sentence that never holds the password.
 *
 * STARTTLS is `required` when there is a password to protect, `off` on loopback, where there is nothing to protect
 * and test servers show certificates nobody signed, and `offered` otherwise; `?starttls=` decides differently.
 * Certificates are always checked: a private authority is added with NODE_EXTRA_CA_CERTS.
 */
export function parseSmtpUrl(text: string): SmtpSettings {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === "")
    throw new Error("SMTP_URL is not of the form smtp://user:password@host:587 or smtps://host:465");
  if (url.pathname !== "" && url.pathname !== "/")
    throw new Error("SMTP_URL has a path, which means nothing");
  for (const name of url.searchParams.keys()) {
    if (!OPTIONS.includes(name))
      throw new Error(`SMTP_URL has the unknown option "${name}"; known are ${OPTIONS.join(" and ")}`);
  }
  const secure = url.protocol === "smtps:";
  const port = url.port === "" ? (secure ? 465 : 587) : Number(url.port);
  if (port === 465 && !secure)
    throw new Error("SMTP_URL: port 465 speaks TLS from the first byte; write smtps:// instead of smtp://");
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1");
  const credentials =
    url.username === ""
      ? null
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return {
    host,
    port,
    secure,
    starttls: readStarttls(url, credentials !== null, host),
    credentials,
    ehloName: readEhloName(url),
  };
}

function readStarttls(url: URL, hasCredentials: boolean, host: string): SmtpSettings["starttls"] {
  const wanted = url.searchParams.get("starttls");
  if (wanted === "required" || wanted === "offered" || wanted === "off") return wanted;
  if (wanted !== null) throw new Error(`SMTP_URL: starttls is required, offered or off, not "${wanted}"`);
  if (/^(localhost|.*\.localhost|127(\.[0-9]{1,3}){3}|::1)$/.test(host)) return "off";
  return hasCredentials ? "required" : "offered";
}

function readEhloName(url: URL): string | null {
  const name = url.searchParams.get("ehlo");
  if (name !== null && !/^[A-Za-z0-9.:[\]-]+$/.test(name))
    throw new Error("SMTP_URL: ehlo is not a host name");
  return name;
}
