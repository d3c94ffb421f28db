import { describe, expect, test } from "vitest";
import type { OutgoingEmail } from "@/emails/transport";
import { checkOutgoing, senderAddress } from "@/emails/transports/outgoing";

const mail: OutgoingEmail = {
  from: "Latchkey <hello@latchkey.example>",
  to: "ada@example.com",
  subject: "042519 is your Latchkey code",
  html: "<p>042519</p>",
  text: "042519",
  idempotencyKey: "delivery/1",
  messageId: "<delivery.1@latchkey.example>",
};

test("a mail of ours is handed over", () => {
  expect(checkOutgoing(mail)).toBeNull();
  expect(checkOutgoing({ ...mail, to: "用户@例子.example", from: '"Key, Latch" <a@b.example>' })).toBeNull();
});

describe("nothing that could add a header or a recipient is handed over", () => {
  test.each<[keyof OutgoingEmail, string]>([
    ["subject", "Hello\r\nBcc: victim@example.com"],
    ["subject", "Hello\nX: y"],
    ["subject", "Hello\u2028X: y"],
    ["to", "ada@example.com\r\nRCPT TO:<victim@example.com>"],
    ["to", "ada@example.com, victim@example.com"],
    ["to", "Ada <ada@example.com>"],
    ["to", "ada@example.com>"],
    ["to", "ada@b@example.com"],
    ["to", "ada"],
    ["to", ""],
    ["from", "Latchkey <hello@latchkey.example>\nBcc: v@example.com"],
    ["from", "a@b.example, c@d.example"],
    ["from", "Latchkey"],
    ["messageId", "delivery.1@latchkey.example"],
    ["messageId", "<a@b>\r\nX: y"],
    ["idempotencyKey", ""],
    ["idempotencyKey", "x".repeat(257)],
    ["idempotencyKey", "a\nb"],
  ])("%s %j", (field, value) => {
    expect(checkOutgoing({ ...mail, [field]: value })).toMatchObject({
      outcome: "failed",
      retryAfterSeconds: null,
    });
  });
});

test("the envelope's sender is the one address of From", () => {
  expect(senderAddress('"Key, Latch" <hello@latchkey.example>')).toBe("hello@latchkey.example");
  expect(senderAddress("hello@latchkey.example")).toBe("hello@latchkey.example");
  expect(senderAddress("undisclosed:;")).toBeNull();
});
