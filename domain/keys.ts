// Every key is derived from APP_SECRET by HKDF (RFC 5869): one purpose, one key, so that none can stand in for another.
import { hkdfSync } from "node:crypto";

export type Keys = {
  /** Derives the six digits of a code from its row's id. */
  codeDerivation: Buffer;
  /** Hashes a code for the database. */
  codeHash: Buffer;
  /** Derives the secret of a mail's link from its code's row's id. */
  linkDerivation: Buffer;
  /** Hashes a link's secret for the database. */
  linkHash: Buffer;
  /** Signs "This wasn't me". */
  notMe: Buffer;
  /** Hashes addresses that asked for no mail. */
  mailStop: Buffer;
  /** Hashes whom a limit counts. */
  rateLimit: Buffer;
  /** Signs challenges of proof-of-work.ts (its library wants text). */
  proofChallenge: string;
  /** Signs their solutions. */
  proofSolution: string;
  /** Hashes what stands in the operator's cookie. */
  operatorSession: Buffer;
  /** Signs access tokens. */
  accessToken: Buffer;
  /** Encrypts the browser's session cookie (next-auth wants text). */
  sessionCookie: string;
};

/** Derives all keys, 32 bytes each. The same secret always gives the same keys. */
export function deriveKeys(secret: string): Keys {
  const key = (purpose: string) => Buffer.from(hkdfSync("sha256", secret, "latchkey", purpose, 32));
  return {
    codeDerivation: key("confirmation-code/derive/1"),
    codeHash: key("confirmation-code/hash/1"),
    linkDerivation: key("confirmation-link/derive/1"),
    linkHash: key("confirmation-link/hash/1"),
    notMe: key("not-me/sign/1"),
    mailStop: key("mail-stop/hash/1"),
    rateLimit: key("rate-limit/1"),
    proofChallenge: key("proof-of-work/challenge/1").toString("base64url"),
    proofSolution: key("proof-of-work/solution/1").toString("base64url"),
    operatorSession: key("operator-session/hash/1"),
    accessToken: key("access-token/1"),
    sessionCookie: key("session-cookie/1").toString("base64url"),
  };
}
