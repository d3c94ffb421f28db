import type { ReactNode } from "react";
import type { Texts } from "@/messages/texts";
import { SignOutButton } from "./sign-out-button";
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
      <div className="grid gap-3">
        <a href="/account" className={buttonClass("primary")}>
          {t("confirm.toAccount")}
        </a>
        <SignOutButton label={t("common.signInAnew")} className="w-full" isForSignIn />
      </div>
    </div>
  );
}
