import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { registerFields } from "@/app/_http/schemas";
import * as rules from "@/components/register-rules";
import { textsOf } from "@/messages/catalog";

const texts = textsOf("en");
const checkUsername = rules.checkUsername(texts);
const checkEmail = rules.checkEmail(texts);
const checkPassword = rules.checkNewPassword(texts, 8);
const GOOD = { username: "ada", email: "ada@example.com", password: "correct horse" };

function serverAccepts(field: keyof typeof GOOD, value: string): boolean {
  return registerFields().safeParse({ ...GOOD, [field]: value }).success;
}

describe("the form's own checks", () => {
  test.each([
    ["", /choose/],
    ["ab", /at least 3/],
    ["a".repeat(31), /at most 30/],
    ["ada lovelace", /spaces/],
    ["jörg", /a to z/],
    ["админ", /a to z/],
    [".ada", /Start with/],
    ["ada!", /letters, digits/],
  ])("a username like %j is refused with the way to mend it", (value, sentence) => {
    expect(checkUsername(value)).toMatch(sentence);
  });

  test.each(["ada", "Ada.Lovelace-1815_x", "0x0", "  ada  "])("a username like %j is fine", (value) => {
    expect(checkUsername(value)).toBeNull();
  });

  test.each([
    ["", /enter/],
    ["ada", /@ is missing/],
    ["a@b@c.de", /more than one/],
    ["@example.com", /before the @/],
    ["ada@", /after the @/],
    ["ada@example", /cut short/],
    ["ada@example.", /cut short/],
  ])("an address like %j is refused with the way to mend it", (value, sentence) => {
    expect(checkEmail(value)).toMatch(sentence);
  });

  test.each(["ada@example.com", "jörg@müller.de", "用户@例子。中国", "a+b@c.co", " ada@example.com "])(
    "an address like %j is fine",
    (value) => {
      expect(checkEmail(value)).toBeNull();
    },
  );

  test("a password is measured in characters, not in bytes", () => {
    expect(checkPassword("🔑🔑🔑🔑🔑🔑🔑")).toMatch(/1 to go/);
    expect(checkPassword("🔑🔑🔑🔑🔑🔑🔑🔑")).toBeNull();
    expect(checkPassword("x".repeat(256))).toBeNull();
    expect(checkPassword("x".repeat(257))).toMatch(/at most 256/);
    expect(checkPassword("ﷺ".repeat(20))).toMatch(/at most 256/);
  });

  const checks = { username: checkUsername, email: checkEmail, password: checkPassword };
  const inputs = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({ unit: fc.constantFrom("a", "1", "@", ".", "-", "。", "＠", "ü", " ", "_"), maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("a", "ﷺ", "ﬃ", "\u0301", "\u200b", "\n", " ", "e"), maxLength: 40 }),
    fc.emailAddress(),
  );
  test.each(["username", "email", "password"] as const)(
    "never refuse a %s that the server would accept",
    (field) => {
      fc.assert(
        fc.property(inputs, (value) => {
          if (checks[field](value) !== null) expect(serverAccepts(field, value)).toBe(false);
        }),
        { numRuns: 2000 },
      );
    },
  );
});
