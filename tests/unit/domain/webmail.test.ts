import { describe, expect, test } from "vitest";
import { findWebmail } from "@/domain/webmail";

const SENDER = "Latchkey <hello+codes@latchkey.example>";

describe("the way to a mailbox", () => {
  test.each([
    ["ada@outlook.com", "Outlook", "https://outlook.live.com/mail/"],
    ["ada@Hotmail.FR", "Outlook", "https://outlook.live.com/mail/"],
    ["ada@yahoo.com.br", "Yahoo Mail", "https://mail.yahoo.com/"],
    ["ada@yahoo.co.jp", "Yahoo!メール", "https://mail.yahoo.co.jp/"],
    ["ada@me.com", "iCloud Mail", "https://www.icloud.com/mail"],
    ["ada@pm.me", "Proton Mail", "https://mail.proton.me/"],
    ["ada@gmx.at", "GMX", "https://www.gmx.net/"],
    ["ada@gmx.com", "GMX", "https://www.gmx.com/"],
    ["ada@web.de", "WEB.DE", "https://web.de/"],
    ["ada@wanadoo.fr", "Orange Mail", "https://messagerie.orange.fr/"],
    ["ada@uol.com.br", "UOL Mail", "https://email.uol.com.br/"],
    ["10001@qq.com", "QQ邮箱", "https://mail.qq.com/"],
    ["ada@126.com", "126 邮箱", "https://mail.126.com/"],
  ])("of %s is %s, at %s", (email, name, url) => {
    expect(findWebmail(email, SENDER)).toEqual({ name, url });
  });

  test.each(["ada@gmail.com", "ada@GoogleMail.com"])(
    "of %s opens with what our sender sent, spam included",
    (email) => {
      const url =
        "https://mail.google.com/mail/u/0/#search/from%3Ahello%2Bcodes%40latchkey.example+in%3Aanywhere";
      expect(findWebmail(email, SENDER)).toEqual({ name: "Gmail", url });
      expect(findWebmail(email, "hello+codes@latchkey.example")?.url).toBe(url);
    },
  );

  test.each([
    "ada@example.com",
    "ada@mail.gmail.com",
    "ada@gmail.com.evil.example",
    "gmail.com@example.com",
    "ada",
    "",
  ])("of a domain that is no known mailbox is not guessed: %s", (email) => {
    expect(findWebmail(email, SENDER)).toBeNull();
  });

  test("never leaves https, and a sender cannot lead out of the search", () => {
    const { protocol, host, hash } = new URL(findWebmail("a@gmail.com", "x <a@b/#inbox?c&d>")?.url ?? "");
    expect([protocol, host]).toEqual(["https:", "mail.google.com"]);
    expect(hash).toBe("#search/from%3Aa%40b%2F%23inbox%3Fc%26d+in%3Aanywhere");
  });
});
