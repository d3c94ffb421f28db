// What comes back with a refused form when there is no JavaScript.
import { describe, expect, test } from "vitest";
import { decodeDone, decodeFlash, encodeFlash, type Flash } from "@/app/_http/flash";

const ROOM = 4_000;
const withValues = (values: Record<string, string>): Flash => ({
  form: "register",
  values,
  problem: {
    type: "about:blank",
    title: "Unprocessable Content",
    status: 422,
    code: "invalid_input",
    detail: "Use at most 30 characters.",
    errors: [{ field: "username", code: "too_long", detail: "Use at most 30 characters." }],
  },
});

const carry = (values: Record<string, string>) => {
  const cookie = encodeFlash(withValues(values), ROOM);
  return { cookie, back: decodeFlash(cookie) };
};

describe("what was typed", () => {
  test("comes back whole, also when it is longer than any field takes", () => {
    const values = { username: "a".repeat(900), email: `${"ü".repeat(400)}@example.com` };
    const { cookie, back } = carry(values);
    expect(back).toEqual(withValues(values));
    expect(cookie.length).toBeLessThanOrEqual(ROOM);
  });

  test.each([
    ["a".repeat(16_000), "plain"],
    ["漢".repeat(5_000), "three bytes each"],
    ["🙂".repeat(4_000), "two units each"],
    ["\u0001".repeat(5_000), "six characters of JSON each"],
  ])(
    "loses its end when a cookie has no room for it, and what is shorter stays whole (%#: %s)",
    (username) => {
      const email = "ada@example.com";
      const { cookie, back } = carry({ username, email });
      expect(cookie.length).toBeLessThanOrEqual(ROOM);
      // The room is used: what is kept is as long as it can be, give or take a few characters.
      expect(cookie.length).toBeGreaterThan(ROOM - 50);
      const kept = back?.values.username ?? "";
      expect(kept.length).toBeGreaterThan(300);
      expect(username.startsWith(kept)).toBe(true);
      expect(kept.isWellFormed()).toBe(true);
      expect(back).toEqual(withValues({ username: kept, email }));
    },
  );
});

test("somebody else's cookie, or a damaged one, brings nothing back", () => {
  for (const raw of ["", "nonsense", Buffer.from("{}").toString("base64url")])
    expect([decodeFlash(raw), decodeDone(raw)]).toEqual([null, null]);
});

test("what was done is one of a few words, and no refusal", () => {
  const told = (value: unknown) => decodeDone(Buffer.from(JSON.stringify(value)).toString("base64url"));
  expect(told({ done: "password_changed" })).toBe("password_changed");
  expect(told({ done: "you_won" })).toBeNull();
  expect(told(withValues({}))).toBeNull();
});
