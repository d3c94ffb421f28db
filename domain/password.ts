// Passwords: argon2id off the main thread, never more than two hashes at once, so that a rush of sign-ups
// cannot starve the thread pool that file and DNS access share.
import { hash, verify } from "@node-rs/argon2";
import { createBoundedQueue } from "./bounded-queue";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const BUSY_SECONDS = 5;

const hashes = createBoundedQueue({
  atOnce: 2,
  // About 10 s of work on two slow cores; whoever comes later is told when to try again.
  waitingMax: 500,
  refuse: () => new DomainError("busy", { nextAllowedAt: addSeconds(new Date(), BUSY_SECONDS) }),
});

/** One spelling of a password: the same keys pressed on any machine give the same bytes (NIST SP 800-63B 3.1.1.2). */
export const normalizePassword = (password: string) => password.normalize("NFKC");

/** An encoded argon2id hash with its own salt and parameters. Throws `busy` when too many are waiting. */
export async function hashPassword(password: string): Promise<string> {
  return hashes.run(() => hash(normalizePassword(password), ARGON2ID));
}

/** True when the password is the one that was hashed. Costs the same for a wrong one. Throws `busy` like hashPassword. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return hashes.run(() => verify(passwordHash, normalizePassword(password)));
}

/** True when a hash was made with less work than new ones are, or in another way: it is made anew at the next sign-in. */
export function isHashOutdated(passwordHash: string): boolean {
  const [, memory, time] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(passwordHash) ?? [];
  return !(Number(memory) >= ARGON2ID.memoryCost && Number(time) >= ARGON2ID.timeCost);
}

let dummyHash: Promise<string> | undefined;

/** Does the work of a verification for a name that nobody has, so that the time does not tell (promise P6). */
export async function verifyAgainstNobody(password: string): Promise<false> {
  dummyHash ??= hashPassword("nobody has this password").catch((error: unknown) => {
    dummyHash = undefined; // "busy" must not be the answer for ever
    throw error;
  });
  await verifyPassword(await dummyHash, password);
  return false;
}
