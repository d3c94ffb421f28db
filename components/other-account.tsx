import type { ReactNode } from "react";
import type { Texts } from "@/messages/texts";
import { buttonClass } from "./ui/button-class";

/**
 * Somebody signed in to an account in this browser: nobody is taken into it from a page that was about something else.
 * `email`: the account's. `heading` has its title.
 */
export function OtherAccount({
  t,
  email,
  heading,
}: Pick<Texts, "t"> & { email: string; heading: ReactNode }) {
  return (
    <div data-narrow>
      <title>{t("confirm.tab", { state: t("confirm.otherAccountTitle") })}</title>
      {heading}
      <p className="mt-2 mb-5 wrap-anywhere text-fg-muted">{t("confirm.otherAccount", { email })}</p>
      <a href="/account" className={buttonClass("primary", "w-full")}>
        {t("confirm.toAccount")}
      </a>
    </div>
  );
}
