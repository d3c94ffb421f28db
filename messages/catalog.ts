// All texts of all languages, compiled once per process. For the server: the browser is given what `pick` leaves.
import compile from "icu-minify/compile";
import arFailure from "./ar/failure.json";
import arMails from "./ar/mails.json";
import arPages from "./ar/pages.json";
import arProblems from "./ar/problems.json";
import deFailure from "./de/failure.json";
import deMails from "./de/mails.json";
import dePages from "./de/pages.json";
import deProblems from "./de/problems.json";
import enFailure from "./en/failure.json";
import enMails from "./en/mails.json";
import enPages from "./en/pages.json";
import enProblems from "./en/problems.json";
import esFailure from "./es/failure.json";
import esMails from "./es/mails.json";
import esPages from "./es/pages.json";
import esProblems from "./es/problems.json";
import faFailure from "./fa/failure.json";
import faMails from "./fa/mails.json";
import faPages from "./fa/pages.json";
import faProblems from "./fa/problems.json";
import frFailure from "./fr/failure.json";
import frMails from "./fr/mails.json";
import frPages from "./fr/pages.json";
import frProblems from "./fr/problems.json";
import jaFailure from "./ja/failure.json";
import jaMails from "./ja/mails.json";
import jaPages from "./ja/pages.json";
import jaProblems from "./ja/problems.json";
import { DEFAULT_LANGUAGE, type Language } from "./languages";
import ptFailure from "./pt/failure.json";
import ptMails from "./pt/mails.json";
import ptPages from "./pt/pages.json";
import ptProblems from "./pt/problems.json";
import { onServer } from "./server-place";
import { type CompiledTexts, createTexts, type Section, type TextKey, type Texts } from "./texts";
import zhFailure from "./zh/failure.json";
import zhMails from "./zh/mails.json";
import zhPages from "./zh/pages.json";
import zhProblems from "./zh/problems.json";

type Tree = { [name: string]: string | Tree };

const SOURCES: Partial<Record<Language, Tree>> = {
  en: { ...enPages, ...enMails, ...enProblems, ...enFailure },
  de: { ...dePages, ...deMails, ...deProblems, ...deFailure },
  fr: { ...frPages, ...frMails, ...frProblems, ...frFailure },
  es: { ...esPages, ...esMails, ...esProblems, ...esFailure },
  pt: { ...ptPages, ...ptMails, ...ptProblems, ...ptFailure },
  ja: { ...jaPages, ...jaMails, ...jaProblems, ...jaFailure },
  zh: { ...zhPages, ...zhMails, ...zhProblems, ...zhFailure },
  ar: { ...arPages, ...arMails, ...arProblems, ...arFailure },
  fa: { ...faPages, ...faMails, ...faProblems, ...faFailure },
};

/** A language's messages as they are written, by their whole keys. */
export function flatten(tree: Tree, prefix = ""): Record<string, string> {
  const entries = Object.entries(tree).flatMap(([name, value]) =>
    typeof value === "string"
      ? [[`${prefix}${name}`, value] as const]
      : Object.entries(flatten(value, `${prefix}${name}.`)),
  );
  return Object.fromEntries(entries);
}

export function readMessages(language: Language): Record<string, string> {
  return flatten(SOURCES[language] ?? {});
}

/** True for a key that is known only at run time, such as one made from a code of an older row. */
export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(compileTexts(DEFAULT_LANGUAGE), key);
}

const compiled = new Map<Language, CompiledTexts>();

export function compileTexts(language: Language): CompiledTexts {
  const known = compiled.get(language);
  if (known) return known;
  // Cloned, because the forms of a plural come without a prototype, and nothing but plain objects may go to the browser.
  const texts = Object.fromEntries(
    Object.entries(readMessages(language)).map(([key, message]) => [key, structuredClone(compile(message))]),
  );
  compiled.set(language, texts);
  return texts;
}

/** The texts of a language with all sections; dates are those of the zone. */
export function textsOf(language: Language, timeZone = "UTC"): Texts {
  return createTexts(language, compileTexts(language), onServer(timeZone));
}

/** Only these sections, for the browser. */
export function pickTexts(language: Language, sections: readonly Section[]): CompiledTexts {
  const kept = Object.entries(compileTexts(language)).filter(([key]) =>
    sections.some((section) => key.startsWith(`${section}.`)),
  );
  return Object.fromEntries(kept);
}
