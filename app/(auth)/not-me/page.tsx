// Where "This wasn't me" leads. As on /confirm/link, what it is about stands behind the "#": looking changes nothing.
import type { Metadata } from "next";
import { requestTexts } from "@/app/_data/texts";
import { NotMe } from "@/components/not-me";
import { TextsProvider } from "@/components/texts-provider";
import { Card } from "@/components/ui/card";
import { pickTexts } from "@/messages/catalog";

export const dynamic = "force-dynamic";

/** The title stands in what the page shows, and changes with it. */
export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return {
    description: t("meta.notMe"),
    referrer: "no-referrer",
  };
}

export default async function NotMePage() {
  const { language, t } = await requestTexts();
  return (
    <Card>
      <TextsProvider language={language} texts={pickTexts(language, ["notMe", "mailLink", "facts"])}>
        <NotMe />
      </TextsProvider>
      <noscript>
        <p className="mt-2 text-fg-muted">{t("notMe.withoutScript")}</p>
      </noscript>
    </Card>
  );
}
