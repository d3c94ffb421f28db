// What the two pages that a mail's link can lead to have in common.
import { CircleX } from "lucide-react";
import type { ReactNode } from "react";
import { useTexts } from "./texts-provider";
import { buttonClass } from "./ui/button-class";
import { Spinner } from "./ui/spinner";
import { useHydrated } from "./use-hydrated";

export function Heading({ children }: { children: ReactNode }) {
  return <h1 className="text-title font-semibold tracking-tight">{children}</h1>;
}

/** Until the link has been looked up; without JavaScript the heading alone. */
export function Looking({ heading }: { heading: string }) {
  const { t } = useTexts();
  const isHydrated = useHydrated();
  return (
    <>
      <Heading>{heading}</Heading>
      {isHydrated ? (
        <p role="status" className="mt-4 flex items-center gap-2.5 text-fg-muted">
          <Spinner /> {t("mailLink.looking")}
        </p>
      ) : null}
    </>
  );
}

export function Unreachable({ heading, onRetry }: { heading: string; onRetry: () => void }) {
  const { t } = useTexts();
  return (
    <>
      <Heading>{heading}</Heading>
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
export function DeadLink({ sentence, children }: { sentence: string; children?: ReactNode }) {
  const { t } = useTexts();
  return (
    <div role="alert">
      <CircleX aria-hidden="true" className="mb-3 size-8 text-bad-fg" />
      <Heading>{t("mailLink.dead")}</Heading>
      <p className="mt-2 text-fg-muted">{sentence}</p>
      {children ? <div className="mt-6 grid gap-3">{children}</div> : null}
    </div>
  );
}
