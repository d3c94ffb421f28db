import type { ReactNode } from "react";
import type { Texts } from "@/messages/texts";
import { SignOutButton } from "./sign-out-button";
import { StayIfAway } from "./stay-if-away";
import { buttonClass } from "./ui/button-class";

/**
 * Somebody is signed in to an account in this browser: nobody is taken into it from a page that was about something else.
 * `text` says whose it is. Both ways on work without JavaScript.
 */
export function OtherAccount({
  t,
  heading,
  text,
}: Pick<Texts, "t"> & {
  heading: ReactNode;
  text: string;
}) {
  return (
    <div data-narrow>
      {heading}
      <p className="mt-2 mb-5 wrap-anywhere text-fg-muted">{text}</p>
      <div className="grid gap-3">
        <a href="/account" className={buttonClass("primary")}>
          {t("common.toAccount")}
        </a>
        <StayIfAway text={t("common.notSignedOut")} noteClass="">
          <SignOutButton label={t("common.signInAnew")} className="w-full" isForSignIn />
        </StayIfAway>
      </div>
    </div>
  );
}
