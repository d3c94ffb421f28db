import type { ReactNode } from "react";

/** A raised sheet; on phones the page itself. */
export function Card({ children, isWide = false }: { children: ReactNode; isWide?: boolean }) {
  return (
    <div
      className={`w-full px-5 py-4 sm:rounded-card sm:border sm:border-line sm:bg-surface sm:p-8 sm:shadow-card ${isWide ? "max-w-4xl" : "max-w-md sm:max-w-104"}`}
    >
      {children}
    </div>
  );
}
