// Whether an address can get mail at all, beyond its spelling. Looks at the domain only, so that it says the same for an
// address that somebody has and one that nobody has (promise P6).
import { invalidField } from "./errors";
import type { Services } from "./services";

/** Throws `invalid_input` on the field `email` for a throw-away mailbox, when those are refused, and for a domain without mail. */
export async function judgeAddress(services: Services, email: string): Promise<void> {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  if (services.settings.blockDisposable && (await isDisposable(domain)))
    throw invalidField({ field: "email", code: "disposable_email", text: "disposable_email" });
  if (services.mailDomains && !(await services.mailDomains.takesMail(domain)))
    throw invalidField({
      field: "email",
      code: "no_mail_server",
      text: "no_mail_server",
      values: { domain },
    });
}

/** Such services hand out mailboxes under subdomains too. The list is read when it is first needed. */
async function isDisposable(domain: string): Promise<boolean> {
  const { isDisposableEmailDomain } = await import("disposable-email-domains-js");
  const labels = domain.split(".");
  return labels.some((_, index) => isDisposableEmailDomain(labels.slice(index).join(".")));
}
