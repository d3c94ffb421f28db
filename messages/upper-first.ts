// Apart from texts.ts, which the first page loads.
import { type Language, tagOf } from "./languages";

/** Words that may stand behind a colon, as a sentence of their own. */
export function upperFirst(words: string, language: Language): string {
  const [first = "", ...rest] = words;
  return first.toLocaleUpperCase(tagOf(language)) + rest.join("");
}
