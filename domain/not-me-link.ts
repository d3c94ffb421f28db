// "This wasn't me": the link at the foot of each mail. Signed and complete in itself, so that it works when the claim
// and all its rows are long gone; like the other link it stands behind the "#". It holds the address it was mailed to, which
// its reader knows. Pure.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Keys } from "./keys";

/** Mail is read late; after a month a mailbox may have another owner. */
export const NOT_ME_LINK_SECONDS = 30 * 24 * 3600;

/** 128 bits of HMAC-SHA-256 (NIST SP 800-107 5.3.3 allows cutting it there). */
const SIGNATURE_BYTES = 16;
const ID_BYTES = 16;
const TIME_BYTES = 4;
const HEAD_BYTES = ID_BYTES + TIME_BYTES;

/** Which claim a mail belonged to, and to whom it went. */
export type NotMe = { userId: string; email: string };

/** The same characters for the same mail at every attempt. `mailedAt`: when the mail was asked for. */
export function signNotMe(keys: Keys, { userId, email }: NotMe, mailedAt: Date): string {
  const head = Buffer.alloc(HEAD_BYTES);
  Buffer.from(userId.replaceAll("-", ""), "hex").copy(head);
  head.writeUInt32BE(Math.floor(mailedAt.getTime() / 1000) + NOT_ME_LINK_SECONDS, ID_BYTES);
  const payload = Buffer.concat([head, Buffer.from(email)]);
  return Buffer.concat([signatureOf(keys, payload), payload]).toString("base64url");
}

/** What a link of ours says, or null: not ours, changed, or too old. */
export function readNotMe(keys: Keys, link: string, now: Date): NotMe | null {
  if (!/^[A-Za-z0-9_-]+$/.test(link)) return null;
  const bytes = Buffer.from(link, "base64url");
  const payload = bytes.subarray(SIGNATURE_BYTES);
  if (payload.length <= HEAD_BYTES) return null;
  if (!timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), signatureOf(keys, payload))) return null;
  if (payload.readUInt32BE(ID_BYTES) * 1000 <= now.getTime()) return null;
  const id = payload.subarray(0, ID_BYTES).toString("hex");
  return {
    userId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    email: payload.subarray(HEAD_BYTES).toString("utf8"),
  };
}

function signatureOf(keys: Keys, payload: Buffer): Buffer {
  return createHmac("sha256", keys.notMe).update(payload).digest().subarray(0, SIGNATURE_BYTES);
}

/** Where "This wasn't me" leads. */
export function notMeUrl(appUrl: string, link: string): string {
  return `${appUrl}/not-me#${link}`;
}
