// What the two pages that a mail's link can lead to have in common.
import { CircleX } from "lucide-react";
import type { ReactNode } from "react";
import { Heading } from "./heading";
import { useTexts } from "./texts-provider";
import { buttonClass } from "./ui/button-class";
import { Spinner } from "./ui/spinner";
import { useHydrated } from "./use-hydrated";

/** Says a state in the heading and the tab; what comes after looking takes the focus. `tab`: null where it is the heading. */
export function StateHeading({
  children,
  tab = null,
  isNews = true,
}: {
  children: string;
  tab?: string | null;
  isNews?: boolean;
}) {
  const { t } = useTexts();
  return (
    <>
      <title>{t("common.title", { page: tab ?? children })}</title>
      <Heading isNews={isNews}>{children}</Heading>
    </>
  );
}

/** Until the link has been looked up; without JavaScript the heading alone. */
export function Looking({ heading, tab }: { heading: string; tab: string }) {
  const { t } = useTexts();
  const isHydrated = useHydrated();
  return (
    <>
      <StateHeading tab={tab} isNews={false}>
        {heading}
      </StateHeading>
      {isHydrated ? (
        <p role="status" className="mt-4 flex items-center gap-2.5 text-fg-muted">
          <Spinner /> {t("mailLink.looking")}
        </p>
      ) : null}
    </>
  );
}

export function Unreachable({
  heading,
  tab,
  onRetry,
}: {
  heading: string;
  tab: string;
  onRetry: () => void;
}) {
  const { t } = useTexts();
  return (
    <>
      <StateHeading tab={tab}>{heading}</StateHeading>
      <p role="alert" className="mt-2 text-fg-muted">
        {t("common.unreachable")}
      </p>
      <button type="button" className={buttonClass("primary", "mt-6 w-full")} onClick={onRetry}>
        {t("common.tryAgain")}
      </button>
    </>
  );
}

/** A link that is no good, and where to go instead. */
export function DeadLink({ sentence, children }: { sentence: string; children: ReactNode }) {
  const { t } = useTexts();
  return (
    <div>
      <CircleX aria-hidden="true" className="mb-3 size-8 text-bad-fg" />
      <StateHeading>{t("mailLink.dead")}</StateHeading>
      <p className="mt-2 text-fg-muted">{sentence}</p>
      <div className="mt-6 grid gap-3">{children}</div>
    </div>
  );
}
