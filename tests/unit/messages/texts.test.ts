// Texts say the same in every language: no key is missing, none is left over, and the same values are asked for.
import compile from "icu-minify/compile";
import { describe, expect, test } from "vitest";
import { matchLanguage } from "@/app/_http/language";
import { users } from "@/db/schema";
import { compileTexts, pickTexts, readMessages, textsOf } from "@/messages/catalog";
import {
  DEFAULT_LANGUAGE,
  directionOf,
  LANGUAGES,
  type Language,
  NATIVE_NAMES,
  offeredLanguage,
  tagOf,
} from "@/messages/languages";
import { onServer } from "@/messages/server-place";
import { createTexts, type TextKey } from "@/messages/texts";

/** Names of values and tags of a message, found in its compiled form: arrays that begin with a name. A 0 is a `#`. */
function argumentsOf(message: string): string[] {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (!Array.isArray(node)) return;
    if (typeof node[0] === "string" && typeof node[1] === "number" && node[1] > 0) names.add(node[0]);
    if (node.length === 1 && typeof node[0] === "string") names.add(node[0]);
    for (const part of node.slice(1)) {
      walk(part);
      if (part && typeof part === "object" && !Array.isArray(part)) Object.values(part).forEach(walk);
    }
    walk(node[0]);
  };
  walk(compile(message));
  for (const [, tag] of message.matchAll(/<([a-z]+)>/gi)) names.add(`<${tag}>`);
  return [...names].sort();
}

const english = readMessages(DEFAULT_LANGUAGE);
const others = LANGUAGES.filter((language) => language !== DEFAULT_LANGUAGE);

describe("the texts", () => {
  test.each(others)("of %s have every key of English and no other", (language) => {
    expect(Object.keys(readMessages(language)).sort()).toEqual(Object.keys(english).sort());
  });

  test.each(others)("of %s ask for the values and tags that English asks for", (language) => {
    const given = readMessages(language);
    const wrong = Object.entries(english).filter(
      ([key, message]) => argumentsOf(given[key] ?? "").join() !== argumentsOf(message).join(),
    );
    expect(wrong).toEqual([]);
  });

  test.each(LANGUAGES)("of %s have every plural form that the language has", (language) => {
    const forms = new Intl.PluralRules(tagOf(language)).resolvedOptions().pluralCategories;
    const lacking = Object.entries(readMessages(language)).filter(
      ([, message]) => /, *plural *,/.test(message) && forms.some((form) => !message.includes(`${form} {`)),
    );
    expect(lacking).toEqual([]);
  });

  test.each(LANGUAGES)(
    "of %s are valid ICU messages, none is empty, and none holds a dash between spaces",
    (language) => {
      expect(() => compileTexts(language)).not.toThrow();
      const wrong = Object.entries(readMessages(language)).filter(
        ([, text]) => !text.trim() || / [—–] /.test(text),
      );
      expect(wrong).toEqual([]);
    },
  );

  test.each(LANGUAGES)("of %s can go to the browser: they are lists and plain objects", (language) => {
    const walk = (part: unknown): boolean => {
      if (typeof part !== "object" || part === null) return true;
      const isPlain = Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;
      return isPlain && Object.values(part).every(walk);
    };
    const wrong = Object.entries(compileTexts(language)).filter(([, compiled]) => !walk(compiled));
    expect(wrong).toEqual([]);
  });

  test.each(LANGUAGES)("of %s stand under a name that its speakers know", (language) => {
    expect(NATIVE_NAMES[language]).toBeTruthy();
    expect(["ltr", "rtl"]).toContain(directionOf(language));
    expect(Intl.PluralRules.supportedLocalesOf([tagOf(language)])).toHaveLength(1);
  });
});

describe("a language that was kept", () => {
  test("is one of those that have a name here", () => {
    expect([...users.language.enumValues].sort()).toEqual(Object.keys(NATIVE_NAMES).sort());
  });

  test("is itself while its texts are there, and English otherwise", () => {
    for (const language of Object.keys(NATIVE_NAMES) as Language[])
      expect(offeredLanguage(language)).toBe(LANGUAGES.includes(language) ? language : DEFAULT_LANGUAGE);
  });
});

describe("a text", () => {
  const compiled = {
    "notFound.title": compile("{n, plural, one {# try} other {# tries}} left"),
    "notFound.text": compile("Ask <b>{name}</b> on {when, date, day}"),
  };

  test("has its values put in, with the language's plural", () => {
    const { t } = createTexts("en", compiled);
    expect([1, 2].map((n) => t("notFound.title", { n }))).toEqual(["1 try left", "2 tries left"]);
  });

  test("takes elements between its tags, and dates in the zone that was asked for", () => {
    const values = {
      name: "Ada",
      when: new Date("2026-01-31T23:30:00Z"),
      b: (inner: unknown[]) => ({ inner }),
    };
    expect(createTexts("en", compiled, { timeZone: "UTC" }).rich<unknown>("notFound.text", values)).toEqual([
      "Ask ",
      { inner: ["Ada"] },
      " on January 31, 2026",
    ]);
    expect(
      createTexts("en", compiled, { timeZone: "Asia/Tokyo" }).rich<unknown>("notFound.text", values)[2],
    ).toBe(" on February 1, 2026");
  });

  test("that is not there is an error that names it, never an empty place on a page", () => {
    expect(() => createTexts("en", {}).t("notFound.text")).toThrow('No text "notFound.text" in en');
    expect(() => textsOf("en").t("notFound.nothing" as TextKey)).toThrow();
  });

  test("goes to the browser only when its section was picked", () => {
    expect(Object.keys(pickTexts("en", ["notFound"])).sort()).toEqual(
      Object.keys(english)
        .filter((key) => key.startsWith("notFound."))
        .sort(),
    );
  });
});

describe("the language of an answer", () => {
  test.each([
    [null, "en"],
    ["", "en"],
    ["*", "en"],
    ["xx", "en"],
    ["en-GB,en;q=0.9", "en"],
    ["q=;;,,§", "en"],
  ])("for Accept-Language %s is %s", (accepted, language) => {
    expect(matchLanguage(accepted)).toBe(language);
  });

  test("are put in by formatters that servers keep, one for each language, zone and kind", () => {
    const { formatters } = onServer("UTC");
    expect(formatters.getNumberFormat("en")).toBe(onServer("Asia/Tokyo").formatters.getNumberFormat("en"));
    expect(formatters.getNumberFormat("fa").format(1)).toBe("۱");
    const day = (timeZone: string) =>
      formatters.getDateTimeFormat("en", { day: "numeric", timeZone }).format(new Date("2026-01-01T20:00Z"));
    expect([day("UTC"), day("Asia/Tokyo"), day("UTC")]).toEqual(["1", "2", "1"]);
  });
});
