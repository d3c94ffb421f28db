import type { ReactNode } from "react";
import { SiteHeader } from "./site-header";

/** A page that is not what somebody came for: what happened, and where to go from here. */
export function NoticePage({
  title,
  children,
  actions,
}: {
  title: string;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <>
      <SiteHeader />
      <main className="mx-auto flex w-full max-w-md flex-1 flex-col px-5 pt-[12vh] pb-16">
        <h1 className="text-title font-semibold tracking-tight">{title}</h1>
        <div className="mt-2 text-fg-muted">{children}</div>
        <div className="mt-6 flex flex-wrap gap-3">{actions}</div>
      </main>
    </>
  );
}
