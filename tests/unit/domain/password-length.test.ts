import { describe, expect, test } from "vitest";
import { registerFields } from "@/app/_http/schemas";
import { countPasswordCharacters } from "@/domain/password-length";

describe("NIST SP 800-63B 3.1.1.2: a password's characters", () => {
  test.each([
    ["correct horse", 13],
    ["🔑🔑🔑🔑🔑🔑🔑🔑", 8],
    ["ｐａｓｓｗｏｒｄ", 8],
    ["        ", 8],
    ["नमस्ते", 6],
    ["ﷺ", 1],
    ["ﬃﬃ", 2],
    ["e\u0301".repeat(8), 8],
    ["\u0301".repeat(8), 0],
    ["a\n\u0301\u0301", 1],
    ["\u200b\u00ad\u2060\ufe0f\u3164\u{e0041}", 0],
    ["a\u200bb\u00adc", 3],
    ["\u200b\u0301\u0301", 0],
    ["\u2800\u0001\ufff9\ufffc", 0],
  ])("%j has %i", (password, count) => {
    expect(countPasswordCharacters(password)).toBe(count);
  });

  test.each([
    ["ﷺ", 8],
    ["ﷺ", 15],
    ["\u0301".repeat(20), 8],
    ["abc\u200b\u200b\u200b\u200b\u200b", 8],
  ])("%j is too short for %i", (password, min) => {
    const person = { username: "ada", email: "ada@example.com", password };
    expect(registerFields(min).safeParse(person).error?.issues[0]?.message).toBe("too_short");
  });

  test("as it is hashed has an end", () => {
    const person = { username: "ada", email: "ada@example.com", password: "ﷺ".repeat(20) };
    expect(registerFields(8).safeParse(person).error?.issues[0]?.message).toBe("too_long");
  });
});
