// Passwords: argon2id off the main thread, never more than two hashes at once, so that a rush of sign-ups
// cannot starve the thread pool that file and DNS access share.
import { hash, verify } from "@node-rs/argon2";
import { sharedQueue } from "./bounded-queue";
import { addSeconds } from "./clock";
import { readDjangoHash, verifyDjangoPassword } from "./django-password";
import { DomainError } from "./errors";

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const BUSY_SECONDS = 5;
/** The line of all of them in this process (bounded-queue.ts). */
export const HASHES = {
  name: "argon2id",
  atOnce: 2,
  /** About 10 s of work on two slow cores; whoever comes later is told when to try again. */
  waitingMax: 500,
} as const;

const hashes = sharedQueue(HASHES.name, {
  atOnce: HASHES.atOnce,
  waitingMax: HASHES.waitingMax,
  refuse: () => new DomainError("busy", { nextAllowedAt: addSeconds(new Date(), BUSY_SECONDS) }),
});

/** One spelling of a password: the same keys pressed on any machine give the same bytes (NIST SP 800-63B 3.1.1.2). */
export const normalizePassword = (password: string) => password.normalize("NFKC");

/** An encoded argon2id hash with its own salt and parameters. Throws `busy` when too many are waiting. */
export async function hashPassword(password: string): Promise<string> {
  return hashes.run(() => hash(normalizePassword(password), ARGON2ID));
}

/**
 * True when the password is the one that was hashed, by us or by the replaced system (django-password.ts). Costs the same
 * for a wrong one. Throws `busy` like hashPassword.
 */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  const old = readDjangoHash(passwordHash);
  return old ? verifyDjangoPassword(old, password) : verifyArgon2(passwordHash, password);
}

function verifyArgon2(passwordHash: string, password: string): Promise<boolean> {
  return hashes.run(() => verify(passwordHash, normalizePassword(password)));
}

/** True when a hash was made with less work than new ones are, or in another way: it is made anew at the next sign-in. */
export function isHashOutdated(passwordHash: string): boolean {
  const [, memory, time] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(passwordHash) ?? [];
  return !(Number(memory) >= ARGON2ID.memoryCost && Number(time) >= ARGON2ID.timeCost);
}

let dummyHash: Promise<string> | undefined;

function nobodysHash(): Promise<string> {
  dummyHash ??= hashPassword("nobody has this password").catch((error: unknown) => {
    dummyHash = undefined; // "busy" must not be the answer for ever
    throw error;
  });
  return dummyHash;
}

/**
 * Like verifyPassword, for a sign-in: `passwordHash` null is a name that nobody has, and every refusal is the same work,
 * so that the time does not tell (promise P6). `oldIterations`: the most that a hash of the replaced system still has;
 * 0 when there is none left, and then a refusal is one argon2id verification. `onJudged` comes before the second one: a
 * `busy` that is thrown after it may be the answer to a wrong password.
 */
export async function verifySignIn(
  passwordHash: string | null,
  password: string,
  oldIterations: number,
  onJudged: () => void = () => {},
): Promise<boolean> {
  const old = passwordHash === null ? null : readDjangoHash(passwordHash);
  const own = old ? null : passwordHash;
  const isRight = await verifyArgon2(own ?? (await nobodysHash()), password);
  // Whoever has the password learns nothing from being let in sooner.
  if (own !== null && isRight) return true;
  if (!old && oldIterations === 0) return false;
  onJudged();
  return verifyDjangoPassword(old, password, oldIterations);
}
