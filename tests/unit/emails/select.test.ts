import { describe, expect, test } from "vitest";
import { selectTransport } from "@/emails/transports/select";

describe("the transport", () => {
  test("is Resend with a key, and also when both are set", () => {
    expect(selectTransport({ resendApiKey: "re_123" }).name).toBe("resend");
    expect(selectTransport({ resendApiKey: "re_123", smtpUrl: "smtp://localhost:1025" }).name).toBe("resend");
  });

  test("is SMTP with only its URL", () => {
    expect(selectTransport({ resendApiKey: undefined, smtpUrl: "smtp://localhost:1025" }).name).toBe("smtp");
  });

  test("is nothing without either: a clear error", () => {
    expect(() => selectTransport({})).toThrow("set RESEND_API_KEY or SMTP_URL");
  });

  test.each(["ftp://api.example.com", "api.example.com", ""])("refuses the base URL %j", (resendBaseUrl) => {
    expect(() => selectTransport({ resendApiKey: "re_123", resendBaseUrl })).toThrow("not an http(s) URL");
  });

  test("refuses a key that could not be sent in a header, without showing it", () => {
    expect(() => selectTransport({ resendApiKey: "re_1\n23" })).toThrow(
      /^The Resend API key is empty or not plain ASCII$/,
    );
  });
});
