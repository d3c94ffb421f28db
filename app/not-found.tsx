import type { Metadata } from "next";
import { requestTexts } from "@/app/_data/texts";
import { NoticePage } from "@/components/notice-page";
import { buttonClass } from "@/components/ui/button-class";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return { title: t("common.title", { page: t("notFound.title") }), description: t("notFound.text") };
}

export default async function NotFound() {
  const { t } = await requestTexts();
  return (
    <NoticePage
      title={t("notFound.heading")}
      actions={
        <>
          <a href="/" className={buttonClass("primary")}>
            {t("common.toFrontPage")}
          </a>
          <a href="/sign-in" className={buttonClass("secondary")}>
            {t("common.signIn")}
          </a>
        </>
      }
    >
      <p>{t("notFound.text")}</p>
    </NoticePage>
  );
}
