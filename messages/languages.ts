// The languages that pages, API messages and mails are written in. One JSON file each beside this one.

/** As in names of files, cookies and rows: the shortest tag of BCP 47 that says which text is meant. */
export type Language = "en" | "de" | "fr" | "es" | "pt" | "ja" | "zh" | "ar" | "fa";

/** Those that are offered: all of their texts are there. */
export const LANGUAGES: readonly Language[] = ["en", "de", "fr", "es", "pt", "ja", "zh", "ar", "fa"];

/** What nobody asked otherwise for. Its texts are the ones the others are translated from. */
export const DEFAULT_LANGUAGE: Language = "en";

/** How its speakers call it, for the switch: who cannot read a page finds their own word on it. */
export const NATIVE_NAMES: Record<Language, string> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  pt: "Português",
  ja: "日本語",
  zh: "简体中文",
  ar: "العربية",
  fa: "فارسی",
};

/** The language when its texts are there, English otherwise: what was kept may be older or newer than the texts. */
export function offeredLanguage(language: Language): Language {
  return isLanguage(language) ? language : DEFAULT_LANGUAGE;
}

export function isLanguage(given: unknown): given is Language {
  return LANGUAGES.some((language) => language === given);
}

/** For `dir` of a page or mail. */
export function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" || language === "fa" ? "rtl" : "ltr";
}

/** For `lang` of a page or mail, and Intl: Chinese says which script (BCP 47, 2.2.3), so that fonts fit. */
export function tagOf(language: Language): string {
  return language === "zh" ? "zh-Hans" : language;
}

/**
 * For Intl: the tag, and which digits and calendar, where browsers of different ages have different ones by themselves.
 * Arabic is written with 0 to 9 here, as in mails and codes; Persian with its own digits (docs/decisions/022).
 */
export function localeOf(language: Language): string {
  if (language === "ar") return "ar-u-ca-gregory-nu-latn";
  return language === "fa" ? "fa-u-ca-persian-nu-arabext" : tagOf(language);
}
