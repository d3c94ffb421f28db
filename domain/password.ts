// Passwords: argon2id off the main thread, never more than two hashes at once, so that a rush of sign-ups
// cannot starve the thread pool that file and DNS access share.
import { hash, verify } from "@node-rs/argon2";
import { addSeconds } from "./clock";
import { DomainError } from "./errors";

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const HASHES_AT_ONCE = 2;
/** About 10 s of work; whoever comes later is told when to try again. */
const HASHES_WAITING_MAX = 500;

const waiting: (() => void)[] = [];
let running = 0;

async function withHashSlot<T>(work: () => Promise<T>): Promise<T> {
  if (running >= HASHES_AT_ONCE) {
    if (waiting.length >= HASHES_WAITING_MAX)
      throw new DomainError(
        "busy",
        "Too many people are signing up or in at this moment. Please try again in a few seconds.",
        {
          nextAllowedAt: addSeconds(new Date(), 5),
        },
      );
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** One spelling of a password: the same keys pressed on any machine give the same bytes (NIST SP 800-63B 3.1.1.2). */
const normalize = (password: string) => password.normalize("NFKC");

/** An encoded argon2id hash with its own salt and parameters. Throws `busy` when too many are waiting. */
export async function hashPassword(password: string): Promise<string> {
  return withHashSlot(() => hash(normalize(password), ARGON2ID));
}

/** True when the password is the one that was hashed. Costs the same for a wrong one. Throws `busy` like hashPassword. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return withHashSlot(() => verify(passwordHash, normalize(password)));
}

let dummyHash: Promise<string> | undefined;

/** Does the work of a verification for a name that nobody has, so that the time does not tell (promise P6). */
export async function verifyAgainstNobody(password: string): Promise<false> {
  dummyHash ??= hashPassword("nobody has this password");
  await verifyPassword(await dummyHash, password);
  return false;
}
