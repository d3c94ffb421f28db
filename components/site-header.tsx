import type { ReactNode } from "react";
import { Mark } from "./mark";

/** The name, and at most two ways on. */
export function SiteHeader({ children }: { children?: ReactNode }) {
  return (
    <header className="mx-auto flex w-full max-w-5xl items-center justify-between gap-4 px-5 py-3 tight:flex-wrap tight:px-3 sm:px-8 sm:py-5">
      <a
        href="/"
        className="-ms-2 inline-flex min-h-11 items-center gap-2.5 rounded-control px-2 font-semibold tracking-tight"
      >
        <Mark />
        Latchkey
      </a>
      {children ? <nav className="flex items-center gap-1 tight:flex-wrap sm:gap-2">{children}</nav> : null}
    </header>
  );
}
