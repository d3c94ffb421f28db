import { describe, expect, test } from "vitest";
import { selectTransports } from "@/emails/transports/select";

describe("the transport", () => {
  test("is Resend with a key, and also when both are set", () => {
    expect(selectTransports({ resendApiKey: "re_123" }).transport.name).toBe("resend");
    expect(selectTransports({ resendApiKey: "re_123", smtpUrl: "smtp://localhost:1025" })).toMatchObject({
      transport: { name: "resend" },
      failover: null,
    });
  });

  test("is SMTP with only its URL", () => {
    expect(
      selectTransports({ resendApiKey: undefined, smtpUrl: "smtp://localhost:1025" }).transport.name,
    ).toBe("smtp");
  });

  test("is nothing without either: a clear error", () => {
    expect(() => selectTransports({})).toThrow("set RESEND_API_KEY or SMTP_URL");
  });

  test.each([
    ["smtp", "resend"],
    ["resend", "smtp"],
  ] as const)("with EMAIL_FAILOVER=%s that one steps in, and %s comes first", (failover, first) => {
    const selected = selectTransports({ resendApiKey: "re_123", smtpUrl: "smtp://localhost:1025", failover });
    expect(selected).toMatchObject({ transport: { name: first }, failover: { name: failover } });
  });

  test("cannot fail over to what is not configured", () => {
    expect(() => selectTransports({ resendApiKey: "re_123", failover: "smtp" })).toThrow(
      "EMAIL_FAILOVER needs",
    );
  });

  test.each(["ftp://api.example.com", "api.example.com", ""])("refuses the base URL %j", (resendBaseUrl) => {
    expect(() => selectTransports({ resendApiKey: "re_123", resendBaseUrl })).toThrow("not an http(s) URL");
  });

  test("refuses a key that could not be sent in a header, without showing it", () => {
    expect(() => selectTransports({ resendApiKey: "re_1\n23" })).toThrow(
      /^The Resend API key is empty or not plain ASCII$/,
    );
  });
});
