import { describe, expect, test } from "vitest";
import { addSeconds } from "@/domain/clock";
import { DomainError } from "@/domain/errors";
import { LIMITS, nextFreeAt } from "@/domain/limits";
import { PUBLIC_MAILBOX_DOMAINS } from "@/domain/public-mailboxes";

const start = new Date("2026-01-01T12:00:00.000Z");
const at = (seconds: number) => addSeconds(start, seconds);

describe("the list of limits", () => {
  test("20 registrations an hour per network", () => {
    expect(LIMITS.registrationsPerNetwork.windows).toEqual([{ limit: 20, seconds: 3600 }]);
  });

  test("NIST SP 800-63B 3.2.2: a hundred tries an hour at an account, over its two names", () => {
    const [{ limit, seconds }] = LIMITS.signInsPerLogin.windows;
    expect({ limit: 2 * limit, seconds }).toEqual({ limit: 100, seconds: 3600 });
  });

  test("ASVS 6.1.1: one network cannot use up what a name may get", () => {
    const [ofName] = LIMITS.signInsPerLogin.windows;
    const [ofNetwork] = LIMITS.signInsPerLoginAndNetwork.windows;
    expect(ofNetwork.limit * (ofName.seconds / ofNetwork.seconds)).toBeLessThan(ofName.limit);
  });

  test("ASVS 6.1.1: a whole classroom at one company gets in, and one network cannot use up what the company may get", () => {
    const [ofNetwork] = LIMITS.claimsPerDomainAndNetwork.windows;
    const [ofDomain] = LIMITS.claimsPerDomain.windows;
    const [registrations] = LIMITS.registrationsPerNetwork.windows;
    expect(ofNetwork.limit).toBeGreaterThan(registrations.limit);
    expect(ofNetwork.limit * 4).toBeLessThanOrEqual(ofDomain.limit);
  });

  test("has a name of its own, a sentence and a window that a row can hold for each", () => {
    const all = Object.values(LIMITS);
    expect(new Set(all.map((limit) => limit.name)).size).toBe(all.length);
    for (const { name, code, text, windows } of all) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(new DomainError(code, { text }).message).toMatch(/^[A-Z].*\. .*\.$/);
      // Every counted time is kept in one row: a longer list would make each count slow.
      for (const { limit } of windows) expect(limit).toBeLessThanOrEqual(100);
    }
  });

  test("knows mailbox providers by domains in lower case", () => {
    expect(PUBLIC_MAILBOX_DOMAINS.has("gmail.com")).toBe(true);
    for (const domain of PUBLIC_MAILBOX_DOMAINS) expect(domain).toMatch(/^[a-z0-9.-]+\.[a-z]{2,}$/);
  });
});

describe("a full window", () => {
  const windows = [
    { limit: 2, seconds: 60 },
    { limit: 3, seconds: 3600 },
  ];

  test("has room again when the oldest of what fills it leaves", () => {
    expect(nextFreeAt([at(0), at(30)], windows, at(40))).toEqual(at(60));
  });

  test("is not alone: the one that takes longest counts", () => {
    expect(nextFreeAt([at(0), at(100), at(130)], windows, at(140))).toEqual(at(3600));
  });

  test("never says now", () => {
    expect(nextFreeAt([at(0), at(1)], windows, at(61))).toEqual(at(62));
    expect(nextFreeAt([], windows, at(0))).toEqual(at(1));
  });
});
