import type { ReactNode } from "react";
import { SiteHeader } from "@/components/site-header";

/** Pages on the way in: one card, nothing else to do. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <SiteHeader />
      <main className="flex flex-1 flex-col items-center px-0 pt-2 pb-12 sm:px-6 sm:pt-[6vh]">
        {children}
      </main>
    </>
  );
}
