import { CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { requestTexts } from "@/app/_data/texts";
import { readFlash } from "@/app/_http/flash";
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

/** `?confirmed=1`: sent here by a confirm page whose address was confirmed on another device. */
export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ confirmed?: string }>;
}) {
  const [visitor, flash, { confirmed }, { language, t, rich }] = await Promise.all([
    currentVisitor(),
    readFlash("sign-in"),
    searchParams,
    requestTexts(),
  ]);
  if (visitor?.scope === "full") redirect("/account");
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">{t("signIn.title")}</h1>
        {confirmed ? (
          <p className="mt-4 mb-5 flex gap-2.5 rounded-control bg-done-bg px-3.5 py-2.5 text-done-fg">
            <CircleCheck aria-hidden="true" className="mt-0.5 size-4.5 shrink-0" />
            {t("signIn.confirmed")}
          </p>
        ) : (
          <p className="mt-2 mb-6 text-fg-muted">{t("signIn.text")}</p>
        )}
        <TextsProvider language={language} texts={pickTexts(language, ["form", "signIn"])}>
          <SignInForm values={flash?.values ?? {}} refusal={flash?.problem ?? null} />
        </TextsProvider>
      </Card>
      <p className="mt-3 flex items-center gap-1.5 text-fg-muted">
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
