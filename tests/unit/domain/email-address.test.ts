import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskEmail, normalizeEmail } from "@/domain/email-address";

describe("an email address", () => {
  test.each([
    ["ada@example.com", "ada@example.com"],
    ["  Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"],
    ["a+tag@example.com", "a+tag@example.com"],
    ["o'brien@example.co.uk", "o'brien@example.co.uk"],
    ["jürgen@bücher.example", "jürgen@xn--bcher-kva.example"],
    ["用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"],
    ["ada@ｅｘａｍｐｌｅ.com", "ada@example.com"],
    // As a Japanese keyboard types it.
    ["ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "taro@example.com"],
    ["taro﹫example。com", "taro@example.com"],
    // Copied from a page that is read from right to left.
    ["\u2066ada@example.com\u2069", "ada@example.com"],
    ["\u200fada\u200e@example.com", "ada@example.com"],
    // The capital has one form, and the small one two: at the end of a word, and elsewhere.
    ["ΝΙΚΟΣ.ΠΑΠΑΣ@example.com", "νικος.παπας@example.com"],
    ["ΓΙΏΡΓΟΣ.Π@example.com", "γιώργος.π@example.com"],
    ["ΣΊΣΥΦΟΣ1+Σ@example.com", "σίσυφος1+σ@example.com"],
    // No letter of its own for the capital, and one for what it is in lower case.
    ["J\u030cname@example.com", "\u01f0name@example.com"],
    ["H\u0331\u0301@example.com", "\u1e96\u0301@example.com"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
  ])("%j is kept as %j", (typed, normalized) => {
    expect(normalizeEmail(typed)).toBe(normalized);
  });

  test.each([
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@example",
    "ada@@example.com",
    "ada@evil.com＠example.com",
    "ada＠evil.com@example.com",
    "ada＠evil.com＠example.com",
    "ada﹫＠example.com",
    "＠example.com",
    "ada@exam ple.com",
    "a b@example.com",
    "ada\0@example.com",
    "ada@example.com\r\nBcc: eve@example.com",
    ".ada@example.com",
    "ada.@example.com",
    "a..b@example.com",
    '"ada lovelace"@example.com',
    "ada@-example.com",
    "ada@example-.com",
    "ada@1.2.3.4",
    "ada@[127.0.0.1]",
    "ada@exa%6dple.com",
    "ada@example.com:25",
    "ada@example.c",
    `${"a".repeat(65)}@example.com`,
    `ada@${`${"a".repeat(60)}.`.repeat(5)}com`,
    "ada@example..com",
    "<ada@example.com>",
    "ada@example.com,eve@example.com",
    "\ud800@example.com",
    // Nobody would see the difference to ada@example.com.
    "a\ufe0fda@example.com",
    "a\u034fda@example.com",
    "a\u1160da@example.com",
    "a\u{16fe4}da@example.com",
    "a\u3164da@example.com",
    "a\u00adda@example.com",
    "a\u200dda@example.com",
  ])("%j is refused", (typed) => {
    expect(normalizeEmail(typed)).toBeNull();
  });

  test("normalising twice changes nothing, and nothing typed can break a header", () => {
    // fast-check's own strings of all scripts and its own addresses take it seconds to make.
    const letters = (min: number, max: number) =>
      fc.array(fc.integer({ min, max }), { maxLength: 20 }).map((points) => String.fromCodePoint(...points));
    const anything = letters(0, 0x10ffff);
    const plain = letters(0x21, 0x17f);
    const accented = fc
      .array(fc.tuple(fc.integer({ min: 0x41, max: 0x5a }), fc.integer({ min: 0x300, max: 0x36f })), {
        minLength: 1,
        maxLength: 5,
      })
      .map((pairs) => String.fromCodePoint(...pairs.flat()));
    const domain = fc.oneof(plain, fc.constantFrom("example.com", "bücher.example", "xn--bcher-kva.example"));
    const address = fc.tuple(fc.oneof(anything, plain, accented), domain).map((parts) => parts.join("@"));
    fc.assert(
      fc.property(fc.oneof(address, anything), (typed) => {
        const once = normalizeEmail(typed);
        if (once === null) return;
        expect(normalizeEmail(once)).toBe(once);
        expect(once).not.toMatch(/[\s,;<>"()\\\p{C}]/u);
        expect(Buffer.byteLength(once)).toBeLessThanOrEqual(254);
      }),
    );
  });

  test.each([
    ["ada.lovelace@example.com", "a…e@example.com"],
    ["ada@example.com", "a…@example.com"],
    ["x@example.com", "x…@example.com"],
    ["nonsense", "…"],
  ])("%j is shown to operators as %j", (address, masked) => {
    expect(maskEmail(address)).toBe(masked);
  });
});
