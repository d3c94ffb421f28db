import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { requestTexts } from "@/app/_data/texts";
import { readFlash, readTyped } from "@/app/_http/flash";
import { RegisterForm } from "@/components/register-form";
import { TextsProvider } from "@/components/texts-provider";
import { Card } from "@/components/ui/card";
import { TextLink } from "@/components/ui/text-link";
import { pickTexts } from "@/messages/catalog";
import { services } from "@/services";

export const dynamic = "force-dynamic";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("common.title", { page: t("register.title") }), description: t("meta.register") };
}

export default async function RegisterPage() {
  const [visitor, flash, typed, { language, t, rich }] = await Promise.all([
    currentVisitor(),
    readFlash("register"),
    readTyped("register"),
    requestTexts(),
  ]);
  if (visitor?.scope === "full") redirect("/account");
  return (
    <>
      <Card>
        <h1 className="text-title font-semibold tracking-tight">{t("register.title")}</h1>
        <p className="mt-2 mb-6 text-fg-muted">{t("register.text")}</p>
        <TextsProvider
          language={language}
          texts={pickTexts(language, ["form", "rules", "strength", "register"])}
        >
          <RegisterForm
            values={typed}
            refusal={flash?.problem ?? null}
            passwordMin={services().settings.passwordMin}
          />
        </TextsProvider>
      </Card>
      <p className="mt-3 flex flex-wrap items-center justify-center gap-x-1.5 px-3 text-fg-muted">
        {rich<ReactNode>("register.already", {
          link: (text) => (
            <TextLink key="link" href="/sign-in">
              {text}
            </TextLink>
          ),
        })}
      </p>
    </>
  );
}
