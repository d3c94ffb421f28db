// Hashes of the system this replaces: Django's PBKDF2PasswordHasher, `pbkdf2_sha256$<iterations>$<salt>$<base64>`.
// They are only verified, never made: the next sign-in replaces them (docs/decisions/027).

// The module as an object, so that tests can count what it is asked to do.
import crypto from "node:crypto";
import { promisify } from "node:util";
import { sharedQueue } from "./bounded-queue";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";

/** Django 6.0 makes them with 1,200,000. A hash beyond this would hold a thread for seconds: it is none of Django's. */
export const DJANGO_ITERATIONS_MAX = 3_000_000;
const DIGEST_BYTES = 32;
/** Django's own have 22 letters and digits. */
const SALT_MAX = 128;
const PATTERN = /^pbkdf2_sha256\$([1-9]\d{0,6})\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/;

const BUSY_SECONDS = 5;

/**
 * A line of its own, one at a time: each takes ten times as long as argon2id, and must not stand before those who
 * register (promise P1). Two dozen are about 10 s of work.
 */
const line = sharedQueue("pbkdf2", {
  atOnce: 1,
  waitingMax: 24,
  refuse: () => new DomainError("busy", { nextAllowedAt: addSeconds(new Date(), BUSY_SECONDS) }),
});

export type DjangoHash = { iterations: number; salt: string; digest: Buffer };

/** The parts of a hash of Django's, or null for anything else, absurd numbers of iterations included. Pure. */
export function readDjangoHash(encoded: string): DjangoHash | null {
  const [, iterations = "", salt = "", digest = ""] = PATTERN.exec(encoded) ?? [];
  if (iterations === "" || Number(iterations) > DJANGO_ITERATIONS_MAX || salt.length > SALT_MAX) return null;
  return { iterations: Number(iterations), salt, digest: Buffer.from(digest, "base64") };
}

/** A hash that belongs to nobody, for work whose result does not count. */
const NOBODY: Omit<DjangoHash, "iterations"> = { salt: "nobody", digest: Buffer.alloc(DIGEST_BYTES) };

/**
 * True when the password is the one that was hashed, byte for byte as it was typed, as Django took it. Off the main
 * thread. With `atLeastIterations` a wrong password, and nobody's (`hash` null), costs as much as a hash of so many.
 * Throws `busy` when too many are waiting.
 */
export function verifyDjangoPassword(
  hash: DjangoHash | null,
  password: string,
  atLeastIterations = 0,
): Promise<boolean> {
  return line.run(async () => {
    const { iterations, salt, digest } = hash ?? { ...NOBODY, iterations: atLeastIterations };
    const derived = await derive(password, salt, iterations);
    const isSame = crypto.timingSafeEqual(derived, digest);
    if (isSame && hash) return true;
    if (iterations < atLeastIterations) await derive(password, salt, atLeastIterations - iterations);
    return false;
  });
}

function derive(password: string, salt: string, iterations: number): Promise<Buffer> {
  return promisify(crypto.pbkdf2)(password, salt, iterations, DIGEST_BYTES, "sha256");
}
