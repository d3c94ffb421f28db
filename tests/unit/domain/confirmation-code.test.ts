import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  cleanCode,
  deriveCode,
  hashCode,
  matchesCode,
  nextTryAt,
  pickValidCodes,
} from "@/domain/confirmation-code";
import { deriveKeys } from "@/domain/keys";

const keys = deriveKeys("a secret of at least thirty-two characters");
const ids = Array.from({ length: 2000 }, () => randomUUID());

describe("the confirmation code", () => {
  test("is always the same six digits for one row, whatever the attempt", () => {
    for (const id of ids.slice(0, 50)) {
      expect(deriveCode(keys, id)).toMatch(/^[0-9]{6}$/);
      expect(deriveCode(keys, id)).toBe(deriveCode(keys, id));
    }
  });

  test("ASVS 6.5.4: uses the full range: every first digit occurs, 0 too", () => {
    expect(new Set(ids.map((id) => deriveCode(keys, id)[0])).size).toBe(10);
  });

  test("depends on the server's secret", () => {
    const other = deriveKeys("another secret of at least thirty-two characters");
    const same = ids.filter((id) => deriveCode(keys, id) === deriveCode(other, id));
    expect(same.length).toBeLessThan(5);
  });

  test("ASVS 6.5.2: is hashed with its row's id, so that equal codes do not look equal", () => {
    expect(hashCode(keys, "row-1", "123456")).not.toBe(hashCode(keys, "row-2", "123456"));
  });

  test("matches only itself", () => {
    const [id = ""] = ids;
    const code = deriveCode(keys, id);
    const hash = hashCode(keys, id, code);
    expect(matchesCode(keys, id, hash, code)).toBe(true);
    expect(matchesCode(keys, id, hash, code === "000000" ? "000001" : "000000")).toBe(false);
    expect(matchesCode(keys, id, "", code)).toBe(false);
  });

  test.each([
    ["123456", "123456"],
    [" 123 456 ", "123456"],
    ["123-456", "123456"],
    ["123–456", "123456"],
    ["１２３４５６", "123456"],
    ["012345", "012345"],
    ["12345", null],
    ["1234567", null],
    ["12345a", null],
    ["", null],
  ])("typed as %j it reads %j", (typed, code) => {
    expect(cleanCode(typed)).toBe(code);
  });

  test.each(["٠٤٢١٣٧", "۰۴۲۱۳۷", "०४२१३७", "０４２１３７"])(
    "is taken in the digits of %s, which a form without JavaScript sends as they were typed",
    (typed) => {
      expect(cleanCode(typed)).toBe("042137");
    },
  );
});

test("NIST SP 800-63B 3.2.2: after twenty wrong codes a claim waits 30 s, then twice as long each time, at most an hour", () => {
  const wrongCodeAt = new Date("2026-01-01T00:00:00Z");
  const waitAfter = (wrongCodeCount: number) => {
    const at = nextTryAt({ wrongCodeCount, wrongCodeAt });
    return at && (at.getTime() - wrongCodeAt.getTime()) / 1000;
  };
  expect([0, 19, 20, 21, 22, 26, 27, 90].map(waitAfter)).toEqual([null, null, 30, 60, 120, 1920, 3600, 3600]);
});

describe("the codes that open a claim, of mails newest first", () => {
  /** `x`: its mail may have reached its reader. `.`: it never left. */
  const valid = (mails: string) =>
    pickValidCodes([...mails].map((mail, index) => ({ index, hasLeft: mail === "x" }))).map(
      ({ index }) => index,
    );

  test.each([
    ["", []],
    [".", [0]],
    ["x", [0]],
    ["xx", [0, 1]],
    ["xxx", [0, 1]],
    // The newest is about to leave.
    [".x", [0, 1]],
    [".xxx", [0, 1, 2]],
    // What never left pushes no other one out, and opens nothing itself.
    ["..x", [0, 2]],
    ["x..x", [0, 3]],
    [".x.x..x", [0, 1, 3]],
    ["....", [0]],
  ])("of %j: %j", (mails, indices) => {
    expect(valid(mails)).toEqual(indices);
  });
});
