// A signing key as the engine's own API is shown it.
import { createHash } from "node:crypto";

/** `signkey-<environment>-`, before the key itself. */
export const SIGNING_KEY_PREFIX = /^signkey-\w+-/;

/** What an SDK shows as bearer token: the key's prefix, and the SHA-256 of its bytes. */
export function hashSigningKey(key: string): string {
  const prefix = SIGNING_KEY_PREFIX.exec(key)?.[0] ?? "";
  return (
    prefix +
    createHash("sha256")
      .update(Buffer.from(key.slice(prefix.length), "hex"))
      .digest("hex")
  );
}
