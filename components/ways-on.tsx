import type { Texts } from "@/messages/texts";
import { buttonClass } from "./ui/button-class";

/** Where to go from a page that has nothing left to confirm: to the account, or to a new registration. */
export function WaysOn({ t }: Pick<Texts, "t">) {
  return (
    <div className="mt-6 grid gap-3">
      <a href="/sign-in" className={buttonClass("primary")}>
        {t("common.signIn")}
      </a>
      <a href="/register" className={buttonClass("secondary")}>
        {t("common.createAccount")}
      </a>
    </div>
  );
}
