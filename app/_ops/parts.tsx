// What the operators' pages are made of.
import "server-only";
import type { ReactNode } from "react";
import { Mark } from "@/components/mark";
import { Badge, type Tone } from "@/components/operators/badge";
import { TONE_OF } from "@/components/timeline";
import { buttonClass } from "@/components/ui/button-class";
import type { DeliveryStatus } from "@/domain/confirmation-state";
import { operatorTexts } from "@/messages/operators";

/** As people are shown it, but that what was called off is nothing bad to an operator. */
export const TONE: Record<DeliveryStatus, Tone> = { ...TONE_OF, cancelled: "idle" };

export function StatusBadge({ status }: { status: DeliveryStatus }) {
  return <Badge tone={TONE[status]} text={operatorTexts().t(`status.${status}`)} />;
}

/** The pages behind the sign-in, in the order of the navigation. */
const PAGES = [
  { name: "now", href: "/ops" },
  { name: "deliveries", href: "/ops/deliveries" },
  { name: "webhooks", href: "/ops/webhooks" },
  { name: "audit", href: "/ops/audit" },
] as const;

/** The frame of every page behind the sign-in. */
export function OperatorPage({
  title,
  current,
  children,
}: {
  title: string;
  current: (typeof PAGES)[number]["name"];
  children: ReactNode;
}) {
  const { t } = operatorTexts();
  return (
    <>
      <title>{t("page.title", { page: title })}</title>
      <header className="mx-auto flex w-full max-w-5xl flex-wrap items-center gap-x-2 px-5 py-3 sm:px-8 sm:py-5">
        <span className="me-auto inline-flex min-h-11 items-center gap-2.5 font-semibold tracking-tight sm:me-2">
          <Mark />
          Latchkey
        </span>
        {/* Below the rest where there is little room. */}
        <nav
          aria-label={t("nav.label")}
          className="order-last -mx-2 flex w-full flex-wrap items-center gap-1 max-sm:*:px-2 sm:order-none sm:mx-0 sm:me-auto sm:w-auto"
        >
          {PAGES.map(({ name, href }) => (
            <NavLink key={name} href={href} isCurrent={current === name}>
              {t(`nav.${name}`)}
            </NavLink>
          ))}
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

/** Where a list goes on; null: nowhere. */
export function Pager({ newest, older }: { newest: string | null; older: string | null }) {
  const { t } = operatorTexts();
  if (!newest && !older) return null;
  return (
    <nav aria-label={t("list.pages")} className="mt-4 flex gap-3">
      {newest ? (
        <a href={newest} className={buttonClass("secondary")}>
          {t("list.newest")}
        </a>
      ) : null}
      {older ? (
        <a href={older} rel="next" className={buttonClass("secondary")}>
          {t("list.older")}
        </a>
      ) : null}
    </nav>
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
