// Where the link of the mail leads. What it confirms is behind the "#", which browsers do not send: the server makes the
// same page for everybody, so GET and HEAD can change nothing, whoever asks.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { getConfirmation } from "@/app/_data/confirmation";
import { requestTexts } from "@/app/_data/texts";
import { AboutMail } from "@/components/about-mail";
import { LinkConfirmation } from "@/components/link-confirmation";
import { TextsProvider } from "@/components/texts-provider";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { INPUT_CLASS } from "@/components/ui/field";
import { pickTexts } from "@/messages/catalog";

export const dynamic = "force-dynamic";

/** The title stands in what the page shows, and changes with it. */
export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return {
    description: t("meta.confirmLink"),
    referrer: "no-referrer",
  };
}

export default async function ConfirmLinkPage() {
  const visitor = await currentVisitor();
  const confirmation = visitor?.scope === "claim" ? await getConfirmation(visitor.userId) : null;
  const { language } = await requestTexts();
  return (
    <Card>
      <TextsProvider language={language} texts={pickTexts(language, ["confirmLink", "mailLink", "facts"])}>
        <LinkConfirmation />
      </TextsProvider>
      <noscript>
        {confirmation && !confirmation.confirmed ? (
          <CodeInstead email={confirmation.email} mailId={confirmation.delivery?.id} />
        ) : (
          <SignInInstead />
        )}
      </noscript>
    </Card>
  );
}

async function CodeInstead({ email, mailId }: { email: string; mailId: string | undefined }) {
  const { t, rich } = await requestTexts();
  return (
    <form method="post" action="/api/v1/usr/confirm-email">
      <AboutMail id={mailId} />
      <p className="mt-2 mb-5 text-fg-muted">
        {rich<ReactNode>("confirmLink.codeInstead", {
          email,
          strong: (words) => (
            <strong key="strong" className="font-medium break-words text-fg">
              {words}
            </strong>
          ),
        })}
      </p>
      <label htmlFor="code" className="mb-1.5 block font-medium">
        {t("confirmLink.code")}
      </label>
      <input
        id="code"
        name="code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        className={INPUT_CLASS}
      />
      <button type="submit" className={buttonClass("primary", "mt-5 w-full")}>
        {t("confirmLink.submit")}
      </button>
    </form>
  );
}

async function SignInInstead() {
  const { t } = await requestTexts();
  return (
    <>
      <p className="mt-2 text-fg-muted">{t("confirmLink.signInInstead")}</p>
      <div className="mt-6 grid">
        <a href="/sign-in?other" className={buttonClass("primary")}>
          {t("common.signIn")}
        </a>
      </div>
    </>
  );
}
