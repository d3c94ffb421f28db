import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { LanguageSwitch } from "@/components/language-switch";
import { PageStyle, TextsProvider } from "@/components/texts-provider";
import { pickTexts } from "@/messages/catalog";
import { directionOf, LANGUAGES, tagOf } from "@/messages/languages";
import { namePageStyles } from "./_data/page-styles";
import { requestTexts } from "./_data/texts";
import { ADDRESS_HEADER } from "./_http/headers";
import { requestLanguage } from "./_http/language";
import "./development-styles";

export async function generateMetadata(): Promise<Metadata> {
  const { t } = await requestTexts();
  return {
    // No title here: Next would put an inherited one beside, and over, the confirm page's own, which changes with its state.
    description: t("meta.site"),
    robots: { index: true, follow: true },
    formatDetection: { telephone: false, email: false, address: false },
  };
}

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf9f7" },
    { media: "(prefers-color-scheme: dark)", color: "#101216" },
  ],
};

/** Pages that are English, whatever people read (docs/decisions/021 and 026). */
const isEnglish = (address: string) => address === "/ops" || /^\/(ops|docs)\//.test(address);

export default async function RootLayout({ children }: { children: ReactNode }) {
  // A page made at build time has no nonce, and its scripts would not run.
  await connection();
  const language = await requestLanguage();
  const address = (await headers()).get(ADDRESS_HEADER) ?? "/";
  return (
    <html lang={tagOf(language)} dir={directionOf(language)}>
      {namePageStyles().map((name) => (
        <PageStyle key={name} name={name} />
      ))}
      <body className="relative isolate flex min-h-dvh flex-col">
        <div
          aria-hidden="true"
          className="backdrop pointer-events-none absolute inset-x-0 top-0 -z-10 h-104"
        />
        <TextsProvider language={language} texts={pickTexts(language, ["common", "language", "failure"])}>
          {children}
          {LANGUAGES.length > 1 && !isEnglish(address) ? (
            <footer className="mx-auto w-full max-w-5xl px-2 pb-4 sm:px-5">
              <LanguageSwitch key={language} back={address} />
            </footer>
          ) : null}
        </TextsProvider>
      </body>
    </html>
  );
}
