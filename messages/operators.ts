// What operators read: English, whatever people read (docs/decisions/021). Apart from catalog.ts, so that a language
// is whole without it and nothing of it goes to a person's browser.
import compile from "icu-minify/compile";
import { flatten } from "./catalog";
import english from "./en/ops.json";
import { onServer } from "./server-place";
import { createTexts, type Keys, type Texts } from "./texts";

export type OperatorTextKey = Keys<typeof english>;
export type OperatorTexts = Texts<OperatorTextKey>;

let texts: OperatorTexts | undefined;

/** The operators' texts, compiled once per process; their dates are in UTC. */
export function operatorTexts(): OperatorTexts {
  texts ??= createTexts<OperatorTextKey>(
    "en",
    Object.fromEntries(Object.entries(flatten(english)).map(([key, message]) => [key, compile(message)])),
    onServer("UTC"),
  );
  return texts;
}
