// Identifiers as Inngest writes them: ULIDs for events and runs, UUIDs for apps and functions, short job ids.
import { createHash, randomBytes } from "node:crypto";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Encodes 48 bits of time and 80 bits of entropy as the 26 characters of a ULID. */
function encodeUlid(timeMs: number, entropy: Uint8Array): string {
  let time = "";
  for (let i = 0, rest = timeMs; i < 10; i++, rest = Math.floor(rest / 32)) {
    time = CROCKFORD.charAt(rest % 32) + time;
  }
  let value = 0n;
  for (const byte of entropy) value = (value << 8n) | BigInt(byte);
  let random = "";
  for (let i = 0; i < 16; i++, value >>= 5n) random = CROCKFORD.charAt(Number(value & 31n)) + random;
  return time + random;
}

const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

/** Random bytes from a pool: asking the kernel for ten bytes at a time costs more than the rest of an event. */
function takeRandom(count: number): Buffer {
  if (pool.length < count) pool = randomBytes(POOL_BYTES);
  const taken = pool.subarray(0, count);
  pool = pool.subarray(count);
  return taken;
}

/** A new ULID whose time part is `timeMs` (Unix milliseconds). */
export function newUlid(timeMs: number): string {
  return encodeUlid(timeMs, takeRandom(10));
}

/**
 * The internal id of the n-th event (from 0) of a request that carried `x-inngest-event-id-seed`.
 *
 * The seed stays the same when the SDK repeats the request, so a repeated request gets the same ids
 * and can be recognised. Null when the seed is not well formed.
 */
export function ulidFromSeed(seed: string, index: number): string | null {
  const [millis, encoded] = seed.split(",");
  const timeMs = Number(millis);
  if (!encoded || !Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs >= 2 ** 48) return null;
  const entropy = Buffer.from(encoded, "base64");
  if (entropy.length !== 10) return null;
  // The server adds the index to the last four bytes and counts from 1.
  entropy.writeUInt32BE((entropy.readUInt32BE(6) + index + 1) >>> 0, 6);
  return encodeUlid(timeMs, entropy);
}

export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

/** A short random id, like the real server's job ids. */
export function newJobId(): string {
  return BigInt(`0x${takeRandom(10).toString("hex")}`).toString(36);
}

/** A UUID that is always the same for the same name (RFC 9562, version 5 layout). */
export function uuidOf(name: string): string {
  const hash = createHash("sha1").update("latchkey-local-engine:").update(name).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
