// What is told when not even the frame of the pages could be made.
import { describe, expect, test } from "vitest";
import { textsOf } from "@/messages/catalog";
import { findFailureTexts } from "@/messages/failure-texts";
import { directionOf, LANGUAGES, tagOf } from "@/messages/languages";

describe("the last page", () => {
  test.each(LANGUAGES)("speaks %s, in the words of the other pages", (language) => {
    const { tag, direction, failure } = findFailureTexts([tagOf(language)]);
    expect([tag, direction]).toEqual([tagOf(language), directionOf(language)]);
    expect(failure.heading).toBe(textsOf(language).t("failure.heading"));
    // Its number is put in without a parser.
    expect(failure.number.split("{number}")).toHaveLength(2);
    expect(Object.values(failure).join("").replace("{number}", "")).not.toMatch(/[{}<>']/);
  });

  test.each([
    [["de", "en-US"], "de"],
    [["", "pt-BR", "en"], "pt"],
    [["", "nl-NL", "FR-ca"], "fr"],
    [["", "zh-TW"], "zh-Hans"],
    [["", "nl"], "en"],
    [[], "en"],
  ])("takes the page's language, else the first of the browser's that we speak: %j is %s", (tags, tag) => {
    expect(findFailureTexts(tags).tag).toBe(tag);
  });
});
