import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeEmail } from "@/domain/email-address";
import { suggestEmail } from "@/domain/email-suggestion";
import { PUBLIC_MAILBOX_DOMAINS } from "@/domain/public-mailboxes";

describe("a slip in an address", () => {
  test.each([
    ["ada@gmial.com", "ada@gmail.com"],
    ["ada@gmail.co", "ada@gmail.com"],
    ["ada@gmail.con", "ada@gmail.com"],
    ["ada@gmail", "ada@gmail.com"],
    ["Ada+tag@GMIAL.com", "Ada+tag@gmail.com"],
    ["ada@hotmial.com", "ada@hotmail.com"],
    ["ada@yaho.com", "ada@yahoo.com"],
    ["ada@outlok.com", "ada@outlook.com"],
    ["ada@icloud.co", "ada@icloud.com"],
    ["ada@acme.con", "ada@acme.com"],
    ["<ada@acme.io>", "ada@acme.io"],
    ["Ada Lovelace <ada@gmial.com>", "ada@gmail.com"],
    ["mailto:ada@acme.io", "ada@acme.io"],
    ["Ada Lovelace <ada@gmial.con>", "ada@gmail.com"],
    ["ada@acme.io (home)", "ada@acme.io"],
    ["\u2066ada@gmial.com\u2069", "ada@gmail.com"],
    ["ada @ acme.io", "ada@acme.io"],
    ["taro＠gmial.com", "taro@gmail.com"],
    ["ｔａｒｏ＠ｇｍａｉｌ．ｃｏｎ", "taro@gmail.com"],
    ["taro@gmial。com", "taro@gmail.com"],
    ["ada@acme,io", "ada@acme.io"],
    ["ada@acme.io,", "ada@acme.io"],
    ["ada@acme.io.", "ada@acme.io"],
  ])("%s was meant to be %s", (typed, meant) => {
    expect(suggestEmail(typed)).toBe(meant);
  });

  test.each([
    "ada@example.com",
    "taro＠gmail.com",
    "taro@gmail。com",
    "p123+retry2@example.com",
    "ada@latchkey.test",
    "ada@bücher.example",
    "ada@xn--bcher-kva.example",
    "ada@acme.io",
    "ada@acme.co",
    "ada@stanford.edu",
    "ada@uni-bonn.de",
    "ada@ail.com",
    "ada@mailinator.com",
    "ada",
    "@gmial.com",
    "ada@",
    "",
    " ada@acme.io ",
    "ada;eve@acme.io",
    "ad a@acme.io",
    "Ada Lovelace ada@acme.io",
    "\u2066ada@acme.io\u2069",
    "a..da@ac me.io",
    "<ada@acme>",
    "<@>",
    "ada@@acme,io",
  ])("%j is left alone", (typed) => {
    expect(suggestEmail(typed)).toBeNull();
  });

  test("whatever was typed, what is asked about is an address, and nothing is asked about it in turn", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "ada",
        "@",
        ".",
        ",",
        " ",
        "<",
        ">",
        "gmial",
        "acme",
        "com",
        "con",
        "_",
        "-",
        "ü",
        "mailto:",
        "[",
        ";",
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const suggested = suggestEmail(pieces.join(""));
        if (suggested === null) return;
        expect(normalizeEmail(suggested)).not.toBeNull();
        expect(suggestEmail(suggested)).toBeNull();
      }),
    );
  });

  test("no provider's own domain is taken for a slip of another's", () => {
    for (const domain of PUBLIC_MAILBOX_DOMAINS) expect(suggestEmail(`ada@${domain}`)).toBeNull();
  });
});
