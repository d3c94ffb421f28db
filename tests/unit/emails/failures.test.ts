import { describe, expect, test } from "vitest";
import { reasonSentence } from "@/domain/delivery-reasons";
import { concernsAddress, FAILURE_CODES, failure, failureClass } from "@/emails/failures";

describe("every failure code", () => {
  test.each(FAILURE_CODES)("%s has a plain sentence of its own length", (code) => {
    expect(reasonSentence(code, "en")).toMatch(/^[A-Z].{15,110}\.$/);
    // Nothing that a person signing up could not know.
    expect(reasonSentence(code, "en")).not.toMatch(/SMTP|HTTP|TLS|DNS|Resend|[0-9]|_/);
  });

  test("is snake_case, as it is kept in the ledger", () => {
    for (const code of FAILURE_CODES) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  });

  test("that is ours or ambiguous never blames the address", () => {
    for (const code of FAILURE_CODES)
      if (failureClass(code) === "ours" || failureClass(code) === "ambiguous")
        expect(concernsAddress(code), code).toBe(false);
  });
});

test("a code of another version gets a general sentence and blames nobody", () => {
  for (const code of ["from_the_future", "toString", "__proto__"]) {
    expect(reasonSentence(code, "en")).toBe("The mail could not be sent.");
    expect(concernsAddress(code)).toBe(false);
  }
});

test("what the provider said is kept on one line, without addresses and secrets, and cut", () => {
  const { providerText } = failure("mailbox_unavailable", {
    text: `550 5.1.1 <Ada@Example.com>:\r\n\tuser unknown\0 (re_secret) ${"x".repeat(600)}`,
    secrets: ["ada@example.com", "re_secret", ""],
  });
  expect(providerText).toMatch(/^550 5\.1\.1 <…>: user unknown \(…\) x+$/);
  expect(providerText).toHaveLength(500);
});

test("cutting never leaves half a character", () => {
  const { providerText } = failure("mail_refused", { text: `${"x".repeat(499)}👍` });
  expect(providerText.isWellFormed()).toBe(true);
});
