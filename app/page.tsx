import type { Metadata } from "next";
import type { ReactNode } from "react";
import { currentVisitor } from "@/app/_auth/visitor";
import { requestTexts } from "@/app/_data/texts";
import { readDone } from "@/app/_http/flash";
import { demoRoom } from "@/components/confirm-rooms";
import { makeJourneys } from "@/components/demo-journeys";
import { DoneNote } from "@/components/done-note";
import { SiteHeader } from "@/components/site-header";
import { TextsProvider } from "@/components/texts-provider";
import { TimelineDemo } from "@/components/timeline-demo";
import { buttonClass } from "@/components/ui/button-class";
import { pickTexts } from "@/messages/catalog";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("landing.title"), description: `${t("landing.heading")} ${t("landing.text")}` };
}

export const dynamic = "force-dynamic";

const FACTS = [
  ["landing.lostName", "landing.lostText"],
  ["landing.twiceName", "landing.twiceText"],
  ["landing.mysteryName", "landing.mysteryText"],
] as const;

export default async function LandingPage() {
  // The front page stands also while the database is away; then it does not know its visitor.
  const visitor = await currentVisitor().catch(() => null);
  const [texts, done] = await Promise.all([requestTexts(), readDone()]);
  const { language, t, rich } = texts;
  const startedAt = new Date().toISOString();
  return (
    <>
      <SiteHeader>
        <a href="/docs/api" className={buttonClass("quiet", "max-[22rem]:hidden")}>
          {t("landing.api")}
        </a>
        {visitor?.scope === "full" ? (
          <a href="/account" className={buttonClass("quiet")}>
            {t("common.yourAccount")}
          </a>
        ) : (
          <a href="/sign-in" className={buttonClass("quiet")}>
            {t("common.signIn")}
          </a>
        )}
      </SiteHeader>
      {/* Wide, all of it stands in one screen of 720 px (tests/e2e/landing.spec.ts): in the middle of a higher one. */}
      <main className="mx-auto grid w-full max-w-5xl flex-1 content-start gap-x-12 gap-y-10 px-5 pt-4 tight:px-3 pb-10 sm:px-8 sm:pt-[3vh] lg:my-auto lg:flex-none lg:grid-cols-[minmax(0,1fr)_26rem] lg:grid-rows-[auto_1fr] lg:gap-y-6 lg:py-2">
        <div>
          {done === "account_deleted" ? (
            <div className="mb-8">
              <DoneNote>{t("landing.accountDeleted")}</DoneNote>
            </div>
          ) : null}
          <h1 className="text-display font-semibold tracking-tighter">{t("landing.heading")}</h1>
          <p className="mt-3 max-w-136 text-field text-fg-muted">{t("landing.text")}</p>
          <div className="mt-5 flex flex-wrap gap-3">
            {visitor?.scope === "full" ? (
              <a href="/account" className={buttonClass("primary", "px-6")}>
                {t("common.toAccount")}
              </a>
            ) : (
              <a href="/register" className={buttonClass("primary", "px-6")}>
                {t("landing.create")}
              </a>
            )}
            {visitor?.scope === "claim" ? (
              <a href="/confirm" className={buttonClass("secondary", "px-6")}>
                {t("landing.goOn")}
              </a>
            ) : null}
          </div>
          <p className="mt-3 leading-8 text-balance text-fg-muted">
            {rich<ReactNode>("landing.own", {
              command: () => (
                <code
                  key="command"
                  dir="ltr"
                  className="mx-1 rounded-control border border-line bg-surface px-2.5 py-1 font-mono text-small whitespace-nowrap text-fg"
                >
                  npm start
                </code>
              ),
            })}
          </p>
        </div>
        <div className="lg:row-span-2">
          <TextsProvider language={language} texts={pickTexts(language, ["demo", "timeline", "reason"])}>
            <TimelineDemo startedAt={startedAt} room={demoRoom(texts, makeJourneys(startedAt))} />
          </TextsProvider>
        </div>
        <div>
          <dl className="grid max-w-136 gap-3 border-t border-line pt-6 lg:pt-5">
            {FACTS.map(([name, text]) => (
              <div key={name} className="grid gap-x-4 sm:grid-cols-[8.5rem_minmax(0,1fr)]">
                <dt className="font-semibold">{t(name)}</dt>
                <dd className="text-fg-muted sm:text-small sm:leading-5">{t(text)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </main>
    </>
  );
}
