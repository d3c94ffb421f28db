import { describe, expect, test } from "vitest";
import { findCode } from "../../../local/mail/code";
import { bareAddress, type Mail, type MailEvent, recipientsOf } from "../../../local/mail/mail";
import { formOfDial, readFaultsForm } from "../../../local/mail/pages/faults-form";
import { RateLimit } from "../../../local/mail/rate";
import { webhookId, webhookPayload } from "../../../local/mail/webhooks";

describe("the code in a mail", () => {
  test.each([
    ["Your code is 123456.", "123456"],
    ["048213\n", "048213"],
    ["123 456", "123456"],
    ["Code:123-456", null],
    ["123\u00a0456 is it", "123456"],
    ["(654321)", "654321"],
    ["nothing here", null],
    ["1234567", null],
    ["12345", null],
    ["call +49 30 123456789", null],
    ["order #123456", null],
    ["2026-11-24 at 10:20", null],
    ["http://localhost:3000/c/123456", null],
    ["1.123456", null],
    ["first 111111, then 222222", "111111"],
  ])("of %j is %j", (text, code) => {
    expect(findCode(text)).toBe(code);
  });
});

describe("a limit per second", () => {
  test("lets no more than so many through in any second, not even across its edge", () => {
    const limit = new RateLimit();
    const passed: number[] = [];
    for (let ms = 0; ms < 5_000; ms += 7) if (limit.take(10, ms).ok) passed.push(ms);
    for (const start of passed) {
      expect(passed.filter((ms) => ms >= start && ms < start + 1000).length).toBeLessThanOrEqual(10);
    }
    expect(passed.length).toBeGreaterThanOrEqual(50);
  });

  test("says how long to wait, and is right about it", () => {
    const limit = new RateLimit();
    expect(limit.take(2, 0)).toEqual({ ok: true, remaining: 1 });
    expect(limit.take(2, 400)).toEqual({ ok: true, remaining: 0 });
    expect(limit.take(2, 500)).toEqual({ ok: false, waitMs: 500 });
    expect(limit.take(2, 999).ok).toBe(false);
    expect(limit.take(2, 1000).ok).toBe(true);
  });

  test("follows a limit that changes", () => {
    const limit = new RateLimit();
    for (let n = 0; n < 5; n += 1) limit.take(5, n);
    expect(limit.take(2, 10).ok).toBe(false);
    expect(limit.take(6, 10)).toEqual({ ok: true, remaining: 0 });
  });
});

describe("addresses", () => {
  test("are compared bare and lower-case", () => {
    expect(bareAddress("Ada <Ada@Example.com>")).toBe("ada@example.com");
    expect(bareAddress(" ada@example.com ")).toBe("ada@example.com");
    expect(recipientsOf({ to: ["A <a@x.example>"], cc: ["a@X.example"], bcc: ["b@x.example"] })).toEqual([
      "a@x.example",
      "b@x.example",
    ]);
  });
});

describe("a webhook", () => {
  const event: MailEvent = {
    type: "delivered",
    at: "2026-11-24T10:00:01.000Z",
    webhook: "waiting",
    webhookTries: 0,
  };
  const mail: Mail = {
    id: "37e4414c-5e25-4dbc-a071-43552a4bd53b",
    via: "resend",
    from: "a@x.example",
    to: ["b@x.example"],
    cc: [],
    bcc: [],
    replyTo: [],
    subject: "Hello",
    html: "<p>secret</p>",
    text: "secret",
    headers: [],
    tags: [],
    attachments: [],
    messageId: "<m@x.example>",
    idempotencyKey: null,
    raw: null,
    receivedAt: "2026-11-24T10:00:00.000Z",
    tries: 1,
    duplicateOf: null,
    outcome: "delivered",
    state: "delivered",
    events: [event],
  };

  test("has an id that belongs to the event, not to the try", () => {
    expect(webhookId(mail.id, 0)).toBe(webhookId(mail.id, 0));
    expect(webhookId(mail.id, 0)).not.toBe(webhookId(mail.id, 1));
    expect(webhookId(mail.id, 0)).toMatch(/^msg_[A-Za-z0-9]{27}$/);
  });

  test("carries no content, and no tags when there are none", () => {
    const payload = webhookPayload(mail, event);
    expect(JSON.stringify(payload)).not.toContain("secret");
    expect(payload.data).not.toHaveProperty("tags");
    expect(payload.type).toBe("email.delivered");
  });
});

describe("the form of the dial", () => {
  test("gives back the dial it was made from", () => {
    const { result } = readFaultsForm({
      percent_rate_limit: "12,5",
      retry_after_seconds: "9",
      limit_per_second: "10",
    });
    if (!result.ok) throw new Error(result.problems.join());
    expect(result.dial).toEqual({
      faults: [{ kind: "rate_limit", percent: 12.5, retry_after_seconds: 9 }],
      seed: "latchkey",
      draw: "try",
      limit_per_second: 10,
    });
    expect(readFaultsForm(formOfDial(result.dial)).result).toEqual(result);
  });

  test("names the field that is wrong, and keeps what was typed", () => {
    const { form, result } = readFaultsForm({ percent_hang: "-3", seed: "s" });
    expect(form).toEqual({ percent_hang: "-3", seed: "s" });
    expect(result).toEqual({ ok: false, problems: [expect.stringMatching(/^hang percent: /)] });
  });
});
