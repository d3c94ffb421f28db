"use client";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Language } from "@/messages/languages";
import { type CompiledTexts, createTexts, type Texts } from "@/messages/texts";

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
  if (!given) throw new Error("useTexts needs a TextsProvider above it");
  return given.texts;
}
