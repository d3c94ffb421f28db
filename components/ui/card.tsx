import type { ReactNode } from "react";

/** A raised sheet; on phones the page itself. A wide one is narrow while what it holds says so: `data-narrow`. */
export function Card({ children, isWide = false }: { children: ReactNode; isWide?: boolean }) {
  return (
    <div
      className={`w-full px-5 py-4 tight:px-3 sm:rounded-card sm:border sm:border-line sm:bg-surface sm:p-8 sm:shadow-card ${isWide ? "max-w-4xl has-data-narrow:max-w-md sm:has-data-narrow:max-w-104" : "max-w-md sm:max-w-104"}`}
    >
      {children}
    </div>
  );
}
