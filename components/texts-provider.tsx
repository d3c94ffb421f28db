"use client";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Language } from "@/messages/languages";
import { type CompiledTexts, createTexts, type Texts } from "@/messages/texts";

const TextsContext = createContext<Texts | null>(null);

/** Gives client components the texts they need: those of `texts`, picked by the page (messages/catalog). */
export function TextsProvider({
  language,
  texts,
  children,
}: {
  language: Language;
  texts: CompiledTexts;
  children: ReactNode;
}) {
  const value = useMemo(() => createTexts(language, texts), [language, texts]);
  return <TextsContext value={value}>{children}</TextsContext>;
}

/** The texts of the page. Throws outside of a provider. */
export function useTexts(): Texts {
  const texts = useContext(TextsContext);
  if (!texts) throw new Error("useTexts needs a TextsProvider above it");
  return texts;
}
