import type { Metadata } from "next";
import type { ReactNode } from "react";
import { operatorTexts } from "@/messages/operators";

export const metadata: Metadata = {
  description: operatorTexts().t("page.description"),
  robots: { index: false, follow: false },
};

/** English, whatever people read (docs/decisions/021). */
export default function OperatorsLayout({ children }: { children: ReactNode }) {
  return (
    <div lang="en" dir="ltr" className="flex flex-1 flex-col">
      {children}
    </div>
  );
}
