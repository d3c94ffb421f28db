import { describe, expect, test } from "vitest";
import { commonPasswords, findPasswordFault, listContextWords } from "@/domain/password-rules";

const ADA = { username: "ada.lovelace", email: "ada+news@engines.example.com" };
const WORDS = listContextWords("https://accounts.acme.example", ADA);
const known = await commonPasswords();
const faultOf = (password: string) => findPasswordFault(password, WORDS, known);

describe("ASVS 6.2.4: common passwords", () => {
  // Of SecLists' "10-million-password-list-top-10000", all of which are refused; the last ones are kept with capitals.
  test.each([
    "password",
    "PassWord1",
    "12345678",
    "qwertyuiop",
    "iloveyou1",
    "trustno1",
    " password ",
    "        ",
    "aaaaaaaa",
    "AAAAAAAA",
    "88888888",
    "zzzzzzzz",
    "1111111111",
    "123123123",
    "0123456789",
    "987654321",
    "abcdefgh",
    "icecream1",
    "princess12",
    "superstar1",
    "8J4yE3Uz",
    "Mailcreated5240",
  ])("like %j are refused, in capitals too", (password) => {
    expect(faultOf(password)).toBe("common_password");
  });

  test("typed in full-width letters are the same password", () => {
    expect(faultOf("ｐａｓｓｗｏｒｄ")).toBe("common_password");
  });

  test.each(["password\u200b1", "p\u00adassword", "Mail\u2060created5240", "\u200b\u200b\u200b\u200b"])(
    "with what nobody sees put between is the same: %j",
    (password) => {
      expect(faultOf(password)).toBe("common_password");
    },
  );
});

describe("ASVS 6.2.11: words that stand on the page", () => {
  test.each([
    "ada.lovelace",
    "AdaLovelace1815",
    "lovelace-2026!",
    "ada+news@engines.example.com",
    "engines.example.com",
    "engines2026",
    "Latchkey2026!",
    "latchkeypassword",
    "acme-accounts-1",
    "example123456",
    "l\u200batchkey1",
    "love\u00adlace-2026!",
  ])("make no password: %s", (password) => {
    expect(faultOf(password)).toBe("context_word");
  });

  test.each([
    "lovelace wrote the first program",
    "my latchkey hangs by the stairs",
    "correct horse battery",
    "🔑 unter der Fußmatte",
  ])("may be part of a good one: %s", (password) => {
    expect(faultOf(password)).toBeNull();
  });

  test("of fewer than three letters are no words", () => {
    const words = listContextWords("http://localhost:3000", { username: "al-x", email: "al@io.de" });
    expect(words).not.toContain("al");
    expect(words).not.toContain("de");
    expect(words).toContain("localhost");
  });
});

describe("ASVS 6.2.5: no rule of composition", () => {
  test("words of one kind of letter, signs or digits alone are fine when they are long and nobody's", () => {
    for (const password of ["onlysmallletters but many", "73914058267193", "ПАРОЛЬ НА ЗАВТРА", "¿¡†‡•‰¶§"])
      expect(faultOf(password), password).toBeNull();
  });
});
