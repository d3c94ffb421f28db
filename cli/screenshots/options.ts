// What `npm run screenshots` is told on its command line. Pure.
import { parseArgs } from "node:util";
import { isLanguage, type Language } from "@/messages/languages";
import { readInteger } from "../product/arguments";

export type Options = {
  /** Everything that is kept, and nothing else: then the list of pictures is written anew, and old ones go. */
  isWhole: boolean;
  /** Where the pictures go. */
  out: string;
  /** Part of the names of the scenes that are wanted; null: all. */
  only: string | null;
  /** All scenes in this language, instead of English and some from right to left; null: those. */
  language: Language | null;
  /** Every scene in all looks, not only those in which it is kept. */
  isAll: boolean;
  /** Pixels: one width instead of a phone's and a desktop's; null: those. */
  width: number | null;
  json: string | null;
  help: boolean;
};

export const OUT = "docs/screenshots";

export const USAGE = `npm run screenshots -- [options]

Starts the built product, brings it into every state that people can meet, and takes pictures of it,
on a phone and on a desktop, light and dark, and some from right to left.

  --all               every state in every look, for looking; else the most important ones alone
  --only TEXT         scenes whose name holds this
  --language CODE     all scenes in one language, for looking: en de fr es pt ja zh ar fa
  --width N           one width in pixels, 320 to 2000, for looking
  --out DIR           where the pictures go (${OUT}; with one of the above .latchkey/screenshots)
  --json FILE         writes the list of pictures as JSON

Ends with 1 when a scene could not be reached.`;

/** Reads the arguments. Throws a sentence for what makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      all: { type: "boolean", default: false },
      only: { type: "string" },
      language: { type: "string" },
      width: { type: "string" },
      out: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { all, language, only = null, json = null, help } = values;
  if (language !== undefined && !isLanguage(language)) throw new Error(`There is no language "${language}".`);
  const width = values.width === undefined ? null : readInteger("--width", values.width, 2_000);
  if (width !== null && width < 320) throw new Error("--width must be 320 or more.");
  // A part of the pictures, or others than the documentation's, must not take the place of those.
  const isWhole = !all && only === null && language === undefined && width === null;
  const out = values.out ?? (isWhole ? OUT : ".latchkey/screenshots");
  return { isWhole, out, only, language: language ?? null, isAll: all, width, json, help };
}
