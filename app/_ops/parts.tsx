// What the operators' pages are made of.
import "server-only";
import type { ReactNode } from "react";
import { Mark } from "@/components/mark";
import { buttonClass } from "@/components/ui/button-class";
import type { DeliveryStatus } from "@/domain/confirmation-state";
import { operatorTexts } from "@/messages/operators";

const TONE: Record<DeliveryStatus, string> = {
  queued: "bg-live-bg text-live-fg",
  sending: "bg-live-bg text-live-fg",
  retrying: "bg-waiting-bg text-waiting-fg",
  sent: "bg-done-bg text-done-fg",
  delivered: "bg-done-bg text-done-fg",
  failed: "bg-bad-bg text-bad-fg",
  bounced: "bg-bad-bg text-bad-fg",
  complained: "bg-bad-bg text-bad-fg",
  suppressed: "bg-bad-bg text-bad-fg",
  cancelled: "bg-sunken text-fg-muted",
};

export function StatusBadge({ status }: { status: DeliveryStatus }) {
  return (
    <span className={`inline-block rounded-control px-2 py-0.5 text-small font-medium ${TONE[status]}`}>
      {operatorTexts().t(`status.${status}`)}
    </span>
  );
}

/** To the second, in UTC: operators of one product sit in many zones. */
export function Instant({ at }: { at: Date }) {
  const iso = at.toISOString();
  return (
    <time dateTime={iso} className="whitespace-nowrap tabular-nums">
      {`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`}
    </time>
  );
}

/** The frame of every page behind the sign-in. */
export function OperatorPage({
  title,
  current,
  children,
}: {
  title: string;
  current: "now" | "deliveries" | null;
  children: ReactNode;
}) {
  const { t } = operatorTexts();
  return (
    <>
      <title>{t("page.title", { page: title })}</title>
      <header className="mx-auto flex w-full max-w-5xl items-center justify-between gap-x-2 px-3 py-3 sm:px-8 sm:py-5">
        <nav aria-label={t("nav.label")} className="flex items-center sm:gap-1">
          <span className="mx-2 inline-flex min-h-11 items-center gap-2.5 font-semibold tracking-tight sm:ms-0">
            <Mark className="size-7 shrink-0" />
            <span className="sr-only sm:not-sr-only">Latchkey</span>
          </span>
          <NavLink href="/ops" isCurrent={current === "now"}>
            {t("nav.now")}
          </NavLink>
          <NavLink href="/ops/deliveries" isCurrent={current === "deliveries"}>
            {t("nav.deliveries")}
          </NavLink>
        </nav>
        <form method="post" action="/api/ops/sign-out">
          <button type="submit" className={buttonClass("quiet")}>
            {t("nav.signOut")}
          </button>
        </form>
      </header>
      <main className="mx-auto w-full max-w-5xl flex-1 px-5 pt-2 pb-12 sm:px-8">
        <h1 className="mb-4 text-title font-semibold tracking-tight">{title}</h1>
        {children}
      </main>
    </>
  );
}

function NavLink({ href, isCurrent, children }: { href: string; isCurrent: boolean; children: ReactNode }) {
  return (
    <a
      href={href}
      aria-current={isCurrent ? "page" : undefined}
      className={buttonClass("quiet", isCurrent ? "bg-sunken text-fg" : "")}
    >
      {children}
    </a>
  );
}

export function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mb-5 rounded-card border border-line bg-surface p-4 shadow-card sm:p-5">
      <h2 className="mb-3 text-field font-semibold">{title}</h2>
      {children}
    </section>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-2 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <dt className="text-fg-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
