// What stands around the description of the API on its page: English, as the description is (docs/decisions/028).
import compile from "icu-minify/compile";
import { flatten } from "./catalog";
import english from "./en/reference.json";
import { onServer } from "./server-place";
import { createTexts, type Keys, type Texts } from "./texts";

type ReferenceTexts = Texts<Keys<typeof english>>;

let texts: ReferenceTexts | undefined;

/** Compiled once per process. */
export function referenceTexts(): ReferenceTexts {
  texts ??= createTexts<Keys<typeof english>>(
    "en",
    Object.fromEntries(Object.entries(flatten(english)).map(([key, message]) => [key, compile(message)])),
    onServer("UTC"),
  );
  return texts;
}
