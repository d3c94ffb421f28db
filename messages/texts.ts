// Texts of one language with their values put in: ICU MessageFormat, compiled beforehand. Pure, and small: the browser
// loads it without a parser, with the messages of its page alone.
import type compile from "icu-minify/compile";
import format, { type FormatValues } from "icu-minify/format";
import type failure from "./en/failure.json";
import type mails from "./en/mails.json";
import type pages from "./en/pages.json";
import type problems from "./en/problems.json";
import { type Language, localeOf } from "./languages";

type English = typeof pages & typeof mails & typeof problems & typeof failure;

export type Keys<Tree> = {
  [Name in keyof Tree & string]: Tree[Name] extends string ? Name : `${Name}.${Keys<Tree[Name]>}`;
}[keyof Tree & string];

/** "register.title": a section, and a message in it. */
export type TextKey = Keys<English>;
/** What stands behind a prefix in keys: TextName<"reason"> is every reason that has a text. */
export type TextName<Prefix extends string, Key = TextKey> = Key extends `${Prefix}.${infer Name}`
  ? Name
  : never;
/** The first part of a key. */
export type Section = keyof English & string;

/** What crosses to the browser: JSON. Every section or some. */
export type CompiledTexts = Partial<Record<string, ReturnType<typeof compile>>>;

export type TextValues = Record<string, string | number | Date>;

/** `Key`: the pages' own keys, or those of operators.ts. */
export type Texts<Key extends string = TextKey> = {
  language: Language;
  /** Whether a message of this name is there: for names that come from outside, as codes of the API. */
  has(key: string): key is Key;
  /** A message as a plain string. Throws for a key that is not there: a page of another section, or a mistake. */
  t(key: Key, values?: TextValues): string;
  /** A message with elements in it: a value that is a function is given what stands between its tags. */
  rich<Element>(key: Key, values: FormatValues<Element>): Array<string | Element>;
};

/** `{when, date, day}`: the only way in which our sentences tell a date. */
const formats = {
  dateTime: { day: { day: "numeric", month: "long", year: "numeric" } },
} as const;

export type Formatters = {
  getDateTimeFormat: (...given: ConstructorParameters<typeof Intl.DateTimeFormat>) => Intl.DateTimeFormat;
  getNumberFormat: (...given: ConstructorParameters<typeof Intl.NumberFormat>) => Intl.NumberFormat;
  getPluralRules: (...given: ConstructorParameters<typeof Intl.PluralRules>) => Intl.PluralRules;
};

const formatters: Formatters = {
  getDateTimeFormat: (...given) => new Intl.DateTimeFormat(...given),
  getNumberFormat: (...given) => new Intl.NumberFormat(...given),
  getPluralRules: (...given) => new Intl.PluralRules(...given),
};

/**
 * `timeZone`: of the dates in the messages; without one it is that of the machine that formats (the person's own, in a
 * browser). `formatters`: servers keep theirs (server-place.ts).
 */
export function createTexts<Key extends string = TextKey>(
  language: Language,
  compiled: CompiledTexts,
  place: { timeZone?: string; formatters?: Formatters } = {},
): Texts<Key> {
  const options = { formats, formatters, ...place };

  function put<Element>(key: Key, values: FormatValues<Element> | undefined) {
    const message = compiled[key];
    if (message === undefined) throw new Error(`No text "${key}" in ${language}`);
    return format<Element>(message, localeOf(language), values, options);
  }

  return {
    language,
    has: (key): key is Key => Object.hasOwn(compiled, key),
    t(key, values) {
      return [put<string>(key, values)].flat().join("");
    },
    rich<Element>(key: Key, values: FormatValues<Element>) {
      return [put<Element>(key, values)].flat() as Array<string | Element>;
    },
  };
}
