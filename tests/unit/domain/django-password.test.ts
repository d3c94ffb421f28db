// The hashes were made by Django 5.2 (PBKDF2PasswordHasher.encode).
import crypto from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DJANGO_ITERATIONS_MAX, readDjangoHash, verifyDjangoPassword } from "@/domain/django-password";
import { hashPassword, isHashOutdated, verifyPassword, verifySignIn } from "@/domain/password";

const VECTORS = [
  ["lètmein", "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY="],
  ["", "pbkdf2_sha256$1000$seasalt$XHfRVmyEZRTCcSbqGP00JKv0fRwYHK0ogjPZdSJxCXk="],
  [
    "correct horse battery",
    "pbkdf2_sha256$2000$Zx9QpL2mN7vB4kT1cR8wYd$ekSLnY3beLfJMFQRkQaPoA+p2vRAyil1oRiJxLEfBEQ=",
  ],
  // A ligature and an accent of its own, which we would write otherwise: Django took them as they were typed.
  ["pa\ufb03n e\u0301", "pbkdf2_sha256$1000$saltsalt$cZuC4U/XXLC7fJj8mBY2qIXMf4Lp9buPBAIiUqQN2EI="],
  ["🔑 pässwörter ", "pbkdf2_sha256$1000$salt22$CyiFDaODaoDjM6lk78tcf2dxWsgJ06fDyXRtwsV6CxU="],
] as const;
const [, HASH] = VECTORS[2];

/** How much PBKDF2 was asked for, in iterations. */
function countIterations() {
  const spy = vi.spyOn(crypto, "pbkdf2");
  return () => spy.mock.calls.reduce((sum, call) => sum + Number(call[2]), 0);
}
afterEach(() => void vi.restoreAllMocks());

describe("ASVS 11.4.2: a hash of Django's", () => {
  test.each(VECTORS)("of %j opens with that password and no other", async (password, hash) => {
    expect(await verifyPassword(hash, password)).toBe(true);
    expect(await verifyPassword(hash, `${password}x`)).toBe(false);
  });

  test("with as many iterations as Django 5.2 makes opens too, and is outdated", async () => {
    const hash = "pbkdf2_sha256$1000000$seasalt$r1uLUxoxpP2Ued/qxvmje7UH9PUJBkRrvf9gGPL7Cps=";
    expect(await verifyPassword(hash, "lètmein")).toBe(true);
    expect(isHashOutdated(hash)).toBe(true);
  });

  test.each([
    ["absurdly many iterations", HASH.replace("$2000$", `$${DJANGO_ITERATIONS_MAX + 1}$`)],
    ["more of them than a number holds", HASH.replace("$2000$", `$${"9".repeat(400)}$`)],
    ["no iterations", HASH.replace("$2000$", "$0$")],
    ["iterations that are no number", HASH.replace("$2000$", "$2e3$")],
    ["negative iterations", HASH.replace("$2000$", "$-2000$")],
    ["no salt", HASH.replace("Zx9QpL2mN7vB4kT1cR8wYd", "")],
    ["a salt without end", HASH.replace("Zx9QpL2mN7vB4kT1cR8wYd", "x".repeat(1_000))],
    ["a digest cut short", HASH.slice(0, -4)],
    ["another digest behind it", `${HASH}$x`],
    ["another algorithm", HASH.replace("pbkdf2_sha256", "pbkdf2_sha1")],
    ["a password that Django made unusable", "!BKMoSVWZi2PJhCAr08tYDAtpHTUNofs6k8iBESZf"],
  ])("with %s is none", (_, hash) => {
    expect(readDjangoHash(hash)).toBeNull();
  });

  test("does not let anybody in when its digest is all zeros", async () => {
    expect(await verifyDjangoPassword(null, "whatever", 1_000)).toBe(false);
  });
});

describe("ASVS 6.3.8, promise P6: what a refused sign-in costs while old hashes exist", () => {
  const OLDEST = 3_000;

  test("is the same for an unknown name, one of ours and one of the replaced system's", async () => {
    const ours = await hashPassword("correct horse battery");
    for (const hash of [null, ours, HASH]) {
      const spent = countIterations();
      expect(await verifySignIn(hash, "wrong password", OLDEST)).toBe(false);
      expect(spent(), String(hash)).toBe(OLDEST);
      vi.restoreAllMocks();
    }
  });

  test("is argon2id alone once none is left", async () => {
    const spent = countIterations();
    expect(await verifySignIn(null, "wrong password", 0)).toBe(false);
    expect(await verifySignIn(await hashPassword("a password"), "wrong password", 0)).toBe(false);
    expect(spent()).toBe(0);
  });

  test("is no more than the password's own work when it is right", async () => {
    const spent = countIterations();
    expect(await verifySignIn(HASH, "correct horse battery", OLDEST)).toBe(true);
    expect(spent()).toBe(2_000);
    expect(await verifySignIn(await hashPassword("a password"), "a password", OLDEST)).toBe(true);
    expect(spent()).toBe(2_000);
  });
});

test("ASVS 15.2.2: verifications do not pile up: a burst waits in its own line, and what is too much is told to come back", async () => {
  const hash = readDjangoHash(HASH);
  const burst = await Promise.allSettled(
    Array.from({ length: 40 }, () => verifyDjangoPassword(hash, "correct horse battery")),
  );
  const refused = burst.filter((one) => one.status === "rejected");
  expect(refused).toHaveLength(15);
  for (const one of refused)
    expect(one.reason).toMatchObject({ code: "busy", details: { nextAllowedAt: expect.any(Date) } });
  expect(await verifyDjangoPassword(hash, "correct horse battery")).toBe(true);
});
