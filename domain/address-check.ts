// Whether an address can get mail at all, beyond its spelling. Looks at the domain only, so that it says the same for an
// address that somebody has and one that nobody has (promise P6).
import { DomainError } from "./errors";
import type { Services } from "./services";

/** Throws `invalid_input` on the field `email` for a throw-away mailbox, when those are refused, and for a domain without mail. */
export async function judgeAddress(services: Services, email: string): Promise<void> {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  if (services.settings.blockDisposable && (await isDisposable(domain)))
    throw refuse(
      "disposable_email",
      "Addresses that are thrown away cannot be used here. Please use another one.",
    );
  if (services.mailDomains && !(await services.mailDomains.takesMail(domain)))
    throw refuse("no_mail_server", `${domain} does not take mail. Please check the part after the @.`);
}

/** Such services hand out mailboxes under subdomains too. The list is read when it is first needed. */
async function isDisposable(domain: string): Promise<boolean> {
  const { isDisposableEmailDomain } = await import("disposable-email-domains-js");
  const labels = domain.split(".");
  return labels.some((_, index) => isDisposableEmailDomain(labels.slice(index).join(".")));
}

function refuse(code: string, detail: string): DomainError {
  return new DomainError("invalid_input", detail, { fields: [{ field: "email", code, detail }] });
}
