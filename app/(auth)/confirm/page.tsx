import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor, hasConfirmedUnheard } from "@/app/_auth/visitor";
import { getConfirmation, isMailOf } from "@/app/_data/confirmation";
import { inboxUrl } from "@/app/_data/inbox";
import { requestTexts } from "@/app/_data/texts";
import { FORMS_OF_ACCOUNT, readFlash } from "@/app/_http/flash";
import type { Problem } from "@/app/_http/problem";
import { AboutMail } from "@/components/about-mail";
import { confirmBesideAccount, mailIdOf } from "@/components/confirm-address";
import { describeRooms } from "@/components/confirm-rooms";
import { ConfirmView } from "@/components/confirm-view";
import { OtherAccount } from "@/components/other-account";
import { TextsProvider } from "@/components/texts-provider";
import { Alert } from "@/components/ui/alert";
import { buttonClass } from "@/components/ui/button-class";
import { Card } from "@/components/ui/card";
import { WaysOn } from "@/components/ways-on";
import type { Confirmation } from "@/domain/confirmation-state";
import { suggestEmail } from "@/domain/email-suggestion";
import { pickTexts } from "@/messages/catalog";
import { services } from "@/services";

export const dynamic = "force-dynamic";

/** The title stands in what the page shows, and changes with it. */
export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { description: t("meta.confirm") };
}

/**
 * With `?other=` and a mail of the registration that it was about, somebody is told that another account is open here now,
 * and stays on this page: until the account is that registration's own.
 */
type Props = { searchParams: Promise<{ other?: string | string[] }> };

export default async function ConfirmPage({ searchParams }: Props) {
  const [{ other }, visitor] = await Promise.all([searchParams, currentVisitor()]);
  const confirmation = visitor && (await getConfirmation(visitor.userId));
  if (!visitor && (await hasConfirmedUnheard())) return <ConfirmedUnheard />;
  if (!visitor || !confirmation) return <NothingToConfirm />;
  const [codeFlash, resendFlash, changeFlash, ...accountFlashes] = await Promise.all([
    readFlash("confirm"),
    readFlash("resend"),
    readFlash("change-email"),
    ...FORMS_OF_ACCOUNT.map(readFlash),
  ]);
  // A form of an account's page that stood here still: whoever sent it must not think that it went through.
  const ofAccount = accountFlashes.find((flash) => flash?.problem.code === "other_registration");
  const texts = await requestTexts();
  const { language, t } = texts;
  if (confirmation.confirmed) {
    // A form of another registration's page, without JavaScript: whoever sent it must not think that it went through.
    const refused = [codeFlash, resendFlash, changeFlash].find(
      (flash) => flash?.problem.code === "other_registration",
    );
    if (visitor.scope === "claim")
      return <ConfirmedElsewhere confirmation={confirmation} refusal={refused?.problem} />;
    const about = mailIdOf(other);
    if (!about) {
      // Kept in the address, which is there still when the refusal is not.
      const asked = mailIdOf(refused?.values.delivery_id?.toLowerCase());
      redirect(asked ? confirmBesideAccount(asked) : "/account");
    }
    if (await isMailOf(visitor.userId, about)) redirect("/account");
    return (
      <Card>
        <OtherAccount
          t={t}
          heading={
            <>
              <title>{t("confirm.tab", { state: t("confirm.otherAccountTitle") })}</title>
              <Title>{t("confirm.otherAccountTitle")}</Title>
            </>
          }
          text={t("confirm.otherAccount", { email: confirmation.email })}
        />
      </Card>
    );
  }
  return (
    <Card isWide>
      {ofAccount ? (
        <div className="mb-5">
          <Alert isAnnounced>{ofAccount.problem.detail}</Alert>
        </div>
      ) : null}
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
async function ConfirmedElsewhere({
  confirmation: { email, delivery },
  refusal,
}: {
  confirmation: Confirmation;
  refusal: Problem | undefined;
}) {
  const { t, rich } = await requestTexts();
  return (
    <Card>
      <title>{t("common.title", { page: t("confirmOther.elsewhereTab") })}</title>
      <Title>{t("confirmOther.elsewhereTitle")}</Title>
      {refusal ? (
        <div className="mt-4">
          <Alert>{refusal.detail}</Alert>
        </div>
      ) : null}
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
        <AboutMail id={delivery?.id} />
        <button type="submit" className={buttonClass("primary")}>
          {t("confirmOther.elsewhereSubmit")}
        </button>
      </form>
    </Card>
  );
}

/** The code was right, and the answer that brought the account's session was lost. */
async function ConfirmedUnheard() {
  const { t } = await requestTexts();
  return (
    <Card>
      <title>{t("common.title", { page: t("confirmOther.elsewhereTab") })}</title>
      <Title>{t("confirmOther.elsewhereTitle")}</Title>
      <p className="mt-2 text-fg-muted">{t("signIn.confirmed")}</p>
      <a href="/sign-in" className={buttonClass("primary", "mt-6 w-full")}>
        {t("common.signIn")}
      </a>
    </Card>
  );
}

async function NothingToConfirm() {
  const { t } = await requestTexts();
  return (
    <Card>
      <title>{t("common.title", { page: t("confirmOther.nothingTitle") })}</title>
      <Title>{t("confirmOther.nothingTitle")}</Title>
      <p className="mt-2 text-fg-muted">{t("confirmOther.nothing")}</p>
      <WaysOn t={t} />
    </Card>
  );
}

const Title = ({ children }: { children: ReactNode }) => (
  <h1 className="text-title font-semibold tracking-tight">{children}</h1>
);
