// What stands in place of a page whose frame could not be made, in every language: texts that nobody brings there. Only
// app/global-error.tsx loads this, when it is shown; the texts are those of the catalog, as they are written.
import ar from "./ar/failure.json";
import de from "./de/failure.json";
import en from "./en/failure.json";
import es from "./es/failure.json";
import fa from "./fa/failure.json";
import fr from "./fr/failure.json";
import ja from "./ja/failure.json";
import { DEFAULT_LANGUAGE, directionOf, isLanguage, type Language, tagOf } from "./languages";
import pt from "./pt/failure.json";
import zh from "./zh/failure.json";

export type FailureTexts = {
  /** For `lang` and `dir` of the page. */
  tag: string;
  direction: "ltr" | "rtl";
  failure: (typeof en)["failure"];
};

const ALL: Record<Language, { failure: FailureTexts["failure"] }> = { ar, de, en, es, fa, fr, ja, pt, zh };

/** In the first of these languages (BCP 47 tags, the best first) that we speak; else in English. */
export function findFailureTexts(tags: readonly string[]): FailureTexts {
  const wanted = tags.map((tag) => tag.toLowerCase().split("-")[0]);
  const language = wanted.find(isLanguage) ?? DEFAULT_LANGUAGE;
  return { tag: tagOf(language), direction: directionOf(language), failure: ALL[language].failure };
}
