import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { requestTexts } from "@/app/_data/texts";
import { readDone, readFlash } from "@/app/_http/flash";
import { DoneNote } from "@/components/done-note";
import { SignInForm } from "@/components/sign-in-form";
import { TextsProvider } from "@/components/texts-provider";
import { Card } from "@/components/ui/card";
import { TextLink } from "@/components/ui/text-link";
import { pickTexts } from "@/messages/catalog";

export const dynamic = "force-dynamic";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("common.title", { page: t("signIn.title") }), description: t("meta.signIn") };
}

export default async function SignInPage() {
  const [visitor, flash, done, { language, t, rich }] = await Promise.all([
    currentVisitor(),
    readFlash("sign-in"),
    readDone(),
    requestTexts(),
  ]);
  if (visitor?.scope === "full") redirect("/account");
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">{t("signIn.title")}</h1>
        {done === "address_confirmed" ? (
          <div className="mt-4 mb-5">
            <DoneNote>{t("signIn.confirmed")}</DoneNote>
          </div>
        ) : (
          <p className="mt-2 mb-6 text-fg-muted">{t("signIn.text")}</p>
        )}
        <TextsProvider language={language} texts={pickTexts(language, ["form", "signIn"])}>
          <SignInForm values={flash?.values ?? {}} refusal={flash?.problem ?? null} />
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
