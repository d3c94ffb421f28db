// The six digits. Derived, never stored: every retry of a mail shows the same code, and no row, log or queue holds it.
import { createHmac, timingSafeEqual } from "node:crypto";
import { addSeconds } from "./clock";
import type { Keys } from "./keys";
import { foldDigits } from "./typed-digits";

export const CODE_DIGITS = 6;
/** Tries per code (NIST SP 800-63B 3.1.3.2 wants a limit; 3 to 5 is the field's norm). */
export const TRIES_PER_CODE = 5;
/**
 * Wrong codes per claim over all its codes: a new code does not reset the count (same section). After them every
 * further try has to wait, longer each time; over a claim's day that is some 50, of the 100 that 3.2.2 allows.
 */
export const TRIES_PER_CLAIM = 20;
/** 30 s doubling to an hour (NIST SP 800-63B 3.2.2). */
export const WAIT_SECONDS = { first: 30, longest: 3600 } as const;
/**
 * How long a code works, counted from the provider's acceptance: the retry schedule alone can take half an hour.
 * NIST SP 800-63A (confirmation codes) allows 24 h by email; 15 min is what people expect.
 */
export const CODE_LIFETIME_SECONDS = 15 * 60;
/** The last mails whose codes open a claim, so that one overtaken by a resend is not useless. */
const VALID_MAILS_PER_CLAIM = 2;

/**
 * The codes that open a claim, out of all that it has had, newest first: those of the last mails that may have reached
 * their reader, and the newest of all, whose mail is about to leave. A mail that never left makes no other one's code
 * useless, and its own opens nothing once another mail has replaced it. Pure.
 */
export function pickValidCodes<Code extends { hasLeft: boolean }>(newestFirst: readonly Code[]): Code[] {
  const left = newestFirst.filter((code) => code.hasLeft).slice(0, VALID_MAILS_PER_CLAIM);
  return newestFirst.filter((code, index) => index === 0 || left.includes(code));
}

/** When the next code of a claim is looked at, given its wrong ones so far; null: at once. Pure. */
export function nextTryAt({ wrongCodeCount, wrongCodeAt }: WrongCodes): Date | null {
  if (wrongCodeCount < TRIES_PER_CLAIM || wrongCodeAt === null) return null;
  const waitSeconds = WAIT_SECONDS.first * 2 ** (wrongCodeCount - TRIES_PER_CLAIM);
  return addSeconds(wrongCodeAt, Math.min(waitSeconds, WAIT_SECONDS.longest));
}

/** The wrong codes of a claim: how many, and when the last one was typed. */
export type WrongCodes = { wrongCodeCount: number; wrongCodeAt: Date | null };

/** The code of one row: six digits over the full range 000000 to 999999. Pure. */
export function deriveCode(keys: Keys, codeId: string): string {
  const mac = createHmac("sha256", keys.codeDerivation).update(codeId).digest();
  // 64 bits modulo 10^6 favour no code by more than 1 in 10^13.
  const number = mac.readBigUInt64BE(0) % 1_000_000n;
  return number.toString().padStart(CODE_DIGITS, "0");
}

/** What the database keeps of a code. Bound to its row, so equal codes have different hashes. */
export function hashCode(keys: Keys, codeId: string, code: string): string {
  return createHmac("sha256", keys.codeHash).update(`${codeId}:${code}`).digest("base64url");
}

/** Compares in constant time (ASVS 5.0, 11.2.4). */
export function matchesCode(keys: Keys, codeId: string, storedHash: string, code: string): boolean {
  const given = Buffer.from(hashCode(keys, codeId, code));
  const stored = Buffer.from(storedHash);
  return given.length === stored.length && timingSafeEqual(given, stored);
}

/** What was typed or pasted in any digits, without spaces and dashes ("123 456", "123-456"); null when it is not six digits. */
export function cleanCode(typed: string): string | null {
  const digits = foldDigits(typed).replace(/[\s\p{Pd}]/gu, "");
  return /^[0-9]{6}$/.test(digits) ? digits : null;
}
