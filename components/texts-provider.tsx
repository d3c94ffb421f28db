"use client";
// What the frame of all pages (app/layout.tsx) gives them: texts, and a look. One file: a second one, of which each
// page loads its frame, would weigh more than what is in it (docs/decisions/012).
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Language } from "@/messages/languages";
import { type CompiledTexts, createTexts, type Texts } from "@/messages/texts";
import { pageStyle } from "./page-style-texts";

type Given = { compiled: CompiledTexts; texts: Texts };

const TextsContext = createContext<Given | null>(null);

/** Gives client components the texts they need: those of `texts`, picked by the page (messages/catalog), and what a provider above gives. */
export function TextsProvider({
  language,
  texts,
  children,
}: {
  language: Language;
  texts: CompiledTexts;
  children: ReactNode;
}) {
  const above = useContext(TextsContext);
  const value = useMemo(() => {
    const compiled = { ...above?.compiled, ...texts };
    return { compiled, texts: createTexts(language, compiled) };
  }, [language, texts, above]);
  return <TextsContext value={value}>{children}</TextsContext>;
}

/** The texts of the page. Throws outside of a provider. */
export function useTexts(): Texts {
  const given = useContext(TextsContext);
  if (!given) throw new Error("No TextsProvider above");
  return given.texts;
}

/**
 * A stylesheet of the build inside of the page, once. What React takes over with does not repeat it, as it would what a
 * server component holds (docs/decisions/036): in the browser it is there, and left alone. Where the server could not
 * make the page, the browser makes all of it, and loads the file, whose address is the name.
 */
export function PageStyle({ name }: { name: string }) {
  // A precedence of its own: what shares one becomes one element, whose hash the policy does not know.
  if (typeof window === "undefined")
    return (
      <style href={name} precedence={name}>
        {pageStyle(name)}
      </style>
    );
  return document.querySelector("style") ? null : <link rel="stylesheet" href={name} precedence={name} />;
}
