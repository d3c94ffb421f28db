import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { getAccount } from "@/app/_data/account";
import { requestTexts } from "@/app/_data/texts";
import { readDone, readFlash, readTyped } from "@/app/_http/flash";
import { DoneNote } from "@/components/done-note";
import { OtherAccount } from "@/components/other-account";
import { SignInForm } from "@/components/sign-in-form";
import { TextsProvider } from "@/components/texts-provider";
import { Alert } from "@/components/ui/alert";
import { Card } from "@/components/ui/card";
import { TextLink } from "@/components/ui/text-link";
import { pickTexts } from "@/messages/catalog";

export const dynamic = "force-dynamic";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("common.title", { page: t("signIn.title") }), description: t("meta.signIn") };
}

/** With `?other` in its address somebody was sent here who wants to use another account than the one they may be in. */
type Props = { searchParams: Promise<{ other?: string | string[] }> };

export default async function SignInPage({ searchParams }: Props) {
  const [{ other }, visitor, flash, typed, done, { language, t, rich }] = await Promise.all([
    searchParams,
    currentVisitor(),
    readFlash("sign-in"),
    readTyped("sign-in"),
    readDone(),
    requestTexts(),
  ]);
  if (visitor?.scope === "full") {
    const account = other === undefined ? null : await getAccount(visitor.userId);
    if (!account) redirect("/account");
    return (
      <Card>
        <OtherAccount
          t={t}
          heading={
            <>
              <h1 className="text-title font-semibold tracking-tight">{t("signIn.otherTitle")}</h1>
              {done === "address_confirmed" ? (
                <div className="mt-4">
                  <DoneNote>{t("signIn.otherConfirmed")}</DoneNote>
                </div>
              ) : null}
            </>
          }
          text={t("signIn.other", { email: account.email })}
        />
      </Card>
    );
  }
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">{t("signIn.title")}</h1>
        {done === "address_confirmed" ? (
          <div className="mt-4 mb-5">
            <DoneNote>{t("signIn.confirmed")}</DoneNote>
          </div>
        ) : done === "account_deleted" ? (
          <div className="mt-4 mb-5">
            <DoneNote>{t("landing.accountDeleted")}</DoneNote>
          </div>
        ) : done === "nothing_done" ? (
          <div className="mt-4 mb-5">
            <Alert>{t("signIn.nothingDone")}</Alert>
          </div>
        ) : (
          <p className="mt-2 mb-6 text-fg-muted">{t("signIn.text")}</p>
        )}
        <TextsProvider language={language} texts={pickTexts(language, ["form", "signIn"])}>
          <SignInForm values={typed} refusal={flash?.problem ?? null} />
        </TextsProvider>
      </Card>
      <p className="mt-3 flex flex-wrap items-center justify-center gap-x-1.5 px-3 text-fg-muted">
        {rich<ReactNode>("signIn.newHere", {
          link: (text) => (
            <TextLink key="link" href="/register">
              {text}
            </TextLink>
          ),
        })}
      </p>
    </>
  );
}
