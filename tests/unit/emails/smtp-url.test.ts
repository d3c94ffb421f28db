import { describe, expect, test } from "vitest";
import { parseSmtpUrl } from "@/emails/transports/smtp-url";

describe("an SMTP URL", () => {
  test("with a password needs STARTTLS, on the submission port", () => {
    expect(parseSmtpUrl("smtp://ada%40example.com:p%3Aw%2F@mail.example.com")).toEqual({
      host: "mail.example.com",
      port: 587,
      secure: false,
      starttls: "required",
      credentials: { user: "ada@example.com", pass: "p:w/" },
      ehloName: null,
    });
  });

  test("without a password uses STARTTLS when it is offered", () => {
    expect(parseSmtpUrl("smtp://mail.example.com:25")).toMatchObject({ port: 25, starttls: "offered" });
  });

  test.each(["localhost", "127.0.0.1", "[::1]", "mail.localhost"])(
    "on %s is plain unless it says otherwise",
    (host) => {
      expect(parseSmtpUrl(`smtp://u:p@${host}:1025`).starttls).toBe("off");
      expect(parseSmtpUrl(`smtp://u:p@${host}:1025?starttls=required`).starttls).toBe("required");
    },
  );

  test("with smtps speaks TLS from the first byte", () => {
    expect(parseSmtpUrl("smtps://u:p@mail.example.com")).toMatchObject({ port: 465, secure: true });
  });

  test("takes an IPv6 host and a name to greet with", () => {
    expect(parseSmtpUrl("smtps://[2001:db8::1]:2465/?ehlo=app.example.com")).toMatchObject({
      host: "2001:db8::1",
      port: 2465,
      ehloName: "app.example.com",
    });
  });

  test.each([
    ["mail.example.com:25", "not of the form"],
    ["http://mail.example.com", "not of the form"],
    ["smtp://", "not of the form"],
    ["smtp://u:geheim@mail.example.com:465", "smtps://"],
    ["smtp://u:geheim@mail.example.com/path", "path"],
    ["smtp://u:geheim@mail.example.com?tls=no", 'unknown option "tls"'],
    ["smtp://u:geheim@mail.example.com?starttls=maybe", "required, offered or off"],
    ["smtp://u:geheim@mail.example.com?ehlo=a%0d%0ab", "not a host name"],
  ])("%s is refused with a sentence that does not hold the password", (url, sentence) => {
    const parsing = () => parseSmtpUrl(url);
    expect(parsing).toThrow(sentence);
    expect(parsing).not.toThrow("geheim");
  });
});
