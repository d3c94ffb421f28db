import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { getConfirmation } from "@/app/_data/confirmation";
import { inboxUrl } from "@/app/_data/inbox";
import { requestTexts } from "@/app/_data/texts";
import { readFlash } from "@/app/_http/flash";
import { describeRooms } from "@/components/confirm-rooms";
import { ConfirmView } from "@/components/confirm-view";
import { TextsProvider } from "@/components/texts-provider";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { WaysOn } from "@/components/ways-on";
import { suggestEmail } from "@/domain/email-suggestion";
import { pickTexts } from "@/messages/catalog";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** The title stands in what the page shows, and changes with it. */
export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { description: t("meta.confirm") };
}

export default async function ConfirmPage() {
  const visitor = await currentVisitor();
  const confirmation = visitor && (await getConfirmation(visitor.userId));
  if (!visitor || !confirmation) return <NothingToConfirm />;
  if (confirmation.confirmed && visitor.scope === "full") redirect("/account");
  if (confirmation.confirmed) return <ConfirmedElsewhere email={confirmation.email} />;
  const [codeFlash, resendFlash, changeFlash] = await Promise.all([
    readFlash("confirm"),
    readFlash("resend"),
    readFlash("change-email"),
  ]);
  const texts = await requestTexts();
  const { language } = texts;
  return (
    <Card isWide>
      <TextsProvider
        language={language}
        texts={pickTexts(language, ["confirm", "timeline", "reason", "form", "rules"])}
      >
        <ConfirmView
          initial={confirmation}
          rooms={describeRooms(texts)}
          inboxUrl={inboxUrl()}
          sender={services().settings.emailFrom}
          suggestion={suggestEmail(confirmation.email)}
          codeRefusal={codeFlash?.problem ?? null}
          resendRefusal={resendFlash?.problem ?? null}
          changeFlash={
            changeFlash && { typed: changeFlash.values.email ?? null, problem: changeFlash.problem }
          }
        />
      </TextsProvider>
    </Card>
  );
}

/** The session is the claim's still, and may become a full one: by a form, so that looking at a page changes nothing. */
async function ConfirmedElsewhere({ email }: { email: string }) {
  const { t, rich } = await requestTexts();
  return (
    <Card>
      <title>{t("common.title", { page: t("confirmOther.elsewhereTab") })}</title>
      <h1 className="text-title font-semibold tracking-tight">{t("confirmOther.elsewhereTitle")}</h1>
      <p className="mt-2 text-fg-muted">
        {rich<ReactNode>("confirmOther.elsewhere", {
          email,
          strong: (address) => (
            <strong key="email" className="font-medium wrap-anywhere text-fg">
              {address}
            </strong>
          ),
        })}
      </p>
      <form method="post" action="/api/v1/usr/confirmation/continue" className="mt-6 grid">
        <button type="submit" className={buttonClass("primary")}>
          {t("confirmOther.elsewhereSubmit")}
        </button>
      </form>
    </Card>
  );
}

async function NothingToConfirm() {
  const { t } = await requestTexts();
  return (
    <Card>
      <title>{t("common.title", { page: t("confirmOther.nothingTitle") })}</title>
      <h1 className="text-title font-semibold tracking-tight">{t("confirmOther.nothingTitle")}</h1>
      <p className="mt-2 text-fg-muted">{t("confirmOther.nothing")}</p>
      <WaysOn t={t} />
    </Card>
  );
}
