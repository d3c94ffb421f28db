"use client";
import { NoticePage } from "@/components/notice-page";
import { useTexts } from "@/components/texts-provider";
import { buttonClass } from "@/components/ui/button-class";

/**
 * Shown when a page could not be made. `digest` is what the server's log calls it. Next's own way to try again shows once
 * more what the server has sent: it is asked anew here.
 */
export default function ErrorPage({ error }: { error: Error & { digest?: string } }) {
  const { t } = useTexts();
  return (
    <NoticePage
      title={t("failure.heading")}
      actions={
        <>
          <button type="button" onClick={() => location.reload()} className={buttonClass("primary")}>
            {t("failure.again")}
          </button>
          <a href="/" className={buttonClass("secondary")}>
            {t("common.toFrontPage")}
          </a>
        </>
      }
    >
      <title>{t("common.title", { page: t("failure.title") })}</title>
      <p>{t("failure.text")}</p>
      {error.digest ? (
        <p className="mt-2 text-small">{t("failure.number", { number: error.digest })}</p>
      ) : null}
    </NoticePage>
  );
}
