import { describe, expect, test } from "vitest";
import { readDigits } from "@/components/code-digits";

describe("what is typed into the code field", () => {
  test.each([
    ["123456", "123456"],
    ["123 456", "123456"],
    ["123-456", "123456"],
    ["12–34–56", "123456"],
    ["  042137\n", "042137"],
    ["Your code: 042 137.", "042137"],
    ["1234567", "123456"],
    ["123 456 7", "123456"],
    ["12", "12"],
    ["", ""],
    ["abc", ""],
  ])("%j means %j", (typed, digits) => {
    expect(readDigits(typed)).toBe(digits);
  });

  test("digits of other keyboards count: full-width, Arabic-Indic, Persian, Devanagari", () => {
    expect(["０４２１３７", "٠٤٢١٣٧", "۰۴۲۱۳۷", "०४२१३७"].map(readDigits)).toEqual(Array(4).fill("042137"));
  });
});
