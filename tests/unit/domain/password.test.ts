import { hash } from "@node-rs/argon2";
import { describe, expect, test } from "vitest";
import { sharedQueue } from "@/domain/bounded-queue";
import { HASHES, hashPassword, isHashOutdated, verifyPassword, verifySignIn } from "@/domain/password";

describe("ASVS 11.4.2: hashes of passwords", () => {
  test("are argon2id with the cheat sheet's parameters and a salt of their own", async () => {
    const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(two ?? "", "correct horse")).toBe(true);
    expect(await verifyPassword(two ?? "", "Correct horse")).toBe(false);
  });

  test("see the whole password: one other character at the very end is another password (ASVS 6.2.8)", async () => {
    const long = "x".repeat(255);
    const hashed = await hashPassword(`${long}a`);
    expect(await verifyPassword(hashed, `${long}b`)).toBe(false);
    expect(await verifyPassword(hashed, `${long}a`)).toBe(true);
  });

  test("of fewer rounds, less memory or another kind are outdated; those of today and stronger ones are not", async () => {
    const algorithm = 2;
    const make = (memoryCost: number, timeCost: number) =>
      hash("a password", { algorithm, memoryCost, timeCost, parallelism: 1 });
    expect(isHashOutdated(await hashPassword("a password"))).toBe(false);
    expect(isHashOutdated(await make(32_768, 3))).toBe(false);
    expect(isHashOutdated(await make(4_096, 2))).toBe(true);
    expect(isHashOutdated(await make(19_456, 1))).toBe(true);
    expect(isHashOutdated(await hash("a password", { algorithm: 1, memoryCost: 19_456, timeCost: 2 }))).toBe(
      true,
    );
    expect(isHashOutdated("pbkdf2_sha256$870000$salt$hash")).toBe(true);
  });

  test("nobody's password is no password", async () => {
    expect(await verifySignIn(null, "nobody has this password", 0)).toBe(false);
  });
});

describe("ASVS 15.2.2: hashing", () => {
  test("is two at once in a process, with 500 waiting; the next one is busy, with a time to come again", async () => {
    // The product's own line: it is there, so what is given here does not count.
    const line = sharedQueue(HASHES.name, {
      atOnce: 0,
      waitingMax: 0,
      refuse: () => new Error("another line"),
    });
    const ends: (() => void)[] = [];
    const held = Array.from({ length: 2 + 500 }, () =>
      line.run(() => new Promise<void>((resolve) => ends.push(resolve))),
    );
    await Promise.resolve();
    expect(ends).toHaveLength(2);
    for (const add of [() => hashPassword("one more"), () => verifyPassword("$argon2id$", "one more")])
      await expect(add()).rejects.toMatchObject({
        code: "busy",
        details: { nextAllowedAt: expect.any(Date) },
      });
    for (let ended = 0; ended < held.length; ended++) {
      expect(ends.length - ended).toBeLessThanOrEqual(2);
      ends[ended]?.();
      await held[ended];
    }
    expect(await hashPassword("one more")).toMatch(/^\$argon2id\$/);
  });
});
