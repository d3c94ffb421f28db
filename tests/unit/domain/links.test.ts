import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanLink, deriveLink, hashLink } from "@/domain/confirmation-link";
import { deriveKeys } from "@/domain/keys";
import { NOT_ME_LINK_SECONDS, readNotMe, signNotMe } from "@/domain/not-me-link";

const keys = deriveKeys("a secret for tests that is long enough");
const others = deriveKeys("another secret that is long enough too");

describe("the link beside the code", () => {
  test("has 192 bits, differs for every code, and is the same every time", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (one, other) => {
        const link = deriveLink(keys, one);
        expect(Buffer.from(link, "base64url")).toHaveLength(24);
        expect(cleanLink(link)).toBe(link);
        expect(deriveLink(keys, one)).toBe(link);
        expect(deriveLink(others, one)).not.toBe(link);
        if (one !== other) expect(deriveLink(keys, other)).not.toBe(link);
        expect(hashLink(others, link)).not.toBe(hashLink(keys, link));
      }),
    );
  });

  test("is nothing else", () => {
    for (const given of [
      "",
      "abc",
      "A".repeat(31),
      "A".repeat(33),
      `${"A".repeat(31)}=`,
      `${"A".repeat(31)}\n`,
    ])
      expect(cleanLink(given)).toBeNull();
  });
});

describe("“This wasn't me”", () => {
  const mailedAt = new Date("2026-03-04T05:06:07Z");
  const after = (seconds: number) => new Date(mailedAt.getTime() + seconds * 1000);

  test("says whom it was mailed to, and is the same every time", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string({ minLength: 1, unit: "binary" }), (userId, email) => {
        fc.pre(email.isWellFormed());
        const link = signNotMe(keys, { userId, email }, mailedAt);
        expect(link).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(signNotMe(keys, { userId, email }, mailedAt)).toBe(link);
        expect(readNotMe(keys, link, mailedAt)).toEqual({ userId, email });
        expect(readNotMe(others, link, mailedAt)).toBeNull();
      }),
    );
  });

  test("works for 30 days", () => {
    const link = signNotMe(keys, { userId: crypto.randomUUID(), email: "ada@example.com" }, mailedAt);
    expect(readNotMe(keys, link, after(NOT_ME_LINK_SECONDS - 1))).not.toBeNull();
    expect(readNotMe(keys, link, after(NOT_ME_LINK_SECONDS))).toBeNull();
  });

  test("is refused when a single bit of it was changed, and when it is cut", () => {
    const link = signNotMe(keys, { userId: crypto.randomUUID(), email: "ada@example.com" }, mailedAt);
    const bytes = Buffer.from(link, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readNotMe(keys, changed.toString("base64url"), mailedAt), `bit ${bit}`).toBeNull();
    }
    for (let length = 0; length < bytes.length; length++)
      expect(readNotMe(keys, bytes.subarray(0, length).toString("base64url"), mailedAt)).toBeNull();
  });
});
