// Has a password been found in a breach? Asks a service that speaks the range protocol of Have I Been Pwned
// (https://haveibeenpwned.com/API/v3#PwnedPasswords): it gets five hexadecimal digits of the SHA-1, answers with every
// hash that begins so, and never learns which one was meant. Whatever it does not say clearly and soon counts as no.
import { createHash } from "node:crypto";
import { readBounded } from "./bounded-answer";
import { normalizePassword } from "./password";
import type { Log } from "./services";

export const HIBP_URL = "https://api.pwnedpasswords.com";

export type BreachedPasswords = {
  /** True only when the service says so. Never rejects; settles within BREACHED_ANSWER_MS. */
  isBreached(password: string): Promise<boolean>;
};

/** A registration must answer within a second whatever this service does (promise P1); it runs beside the hash. */
export const BREACHED_ANSWER_MS = 500;
/** A padded range has about 1,000 lines of at most 50 bytes. */
const ANSWER_BYTES_MAX = 256 * 1024;
const PREFIX_LENGTH = 5;

export function createBreachedPasswords(baseUrl: string, log: Log): BreachedPasswords {
  return {
    async isBreached(password) {
      // SHA-1 is the protocol's, and hides nothing here: only a twentieth of it leaves this process.
      const digest = createHash("sha1").update(normalizePassword(password)).digest("hex").toUpperCase();
      try {
        const range = await readRange(baseUrl, digest.slice(0, PREFIX_LENGTH));
        return countIn(range, digest.slice(PREFIX_LENGTH)) > 0;
      } catch (error) {
        log.warn({ err: error }, "Breached passwords could not be looked up; the password is let through");
        return false;
      }
    },
  };
}

async function readRange(baseUrl: string, prefix: string): Promise<string> {
  const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/range/${prefix}`, {
    headers: {
      // Every answer is then about as long as any other, so that its length does not tell the range either.
      "add-padding": "true",
      // The service refuses callers that do not say who they are.
      "user-agent": "Latchkey",
      accept: "text/plain",
    },
    redirect: "error",
    signal: AbortSignal.timeout(BREACHED_ANSWER_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The range of breached passwords was answered with status ${response.status}`);
  }
  return (await readBounded(response, ANSWER_BYTES_MAX)).toString("latin1");
}

/** How often a password was seen. Lines of padding say 0 times. */
function countIn(range: string, suffix: string): number {
  for (const line of range.split(/\r?\n/)) {
    const [candidate, count] = line.split(":");
    if (candidate?.trim().toUpperCase() === suffix) return Number(count);
  }
  return 0;
}
