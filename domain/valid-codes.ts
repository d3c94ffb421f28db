// Which codes open a claim now.
import type { Executor } from "@/db/client";
import { listCodes } from "@/db/codes";
import type { ConfirmationCodeRow } from "@/db/schema";
import {
  nextTryAt,
  pickValidCodes,
  TRIES_PER_CLAIM,
  TRIES_PER_CODE,
  type WrongCodes,
} from "./confirmation-code";

/** Newest first; the newest of the claim is always among them. Used and expired ones included: see isLive. */
export async function listValidCodes(executor: Executor, userId: string): Promise<ConfirmationCodeRow[]> {
  return pickValidCodes(await listCodes(executor, userId));
}

/** Not used, and not past its time, which begins when its mail was accepted. */
export const isLive = (code: ConfirmationCodeRow, now: Date) =>
  code.usedAt === null && (code.expiresAt === null || code.expiresAt > now);

/** Whether a code would be looked at now, and by which codes it is then judged; else why not, and until when. */
export type Chance =
  | { outcome: "open"; open: ConfirmationCodeRow[] }
  | { outcome: "expired" }
  | { outcome: "exhausted" }
  | { outcome: "wait"; until: Date };

/** `codes` as listValidCodes gives them. Pure. */
export function weighChance(claim: WrongCodes, codes: ConfirmationCodeRow[], now: Date): Chance {
  const live = codes.filter((row) => isLive(row, now));
  if (live.length === 0) return { outcome: "expired" };
  const open = live.filter((row) => row.tries < TRIES_PER_CODE);
  if (open.length === 0) return { outcome: "exhausted" };
  const until = nextTryAt(claim);
  return until && until > now ? { outcome: "wait", until } : { outcome: "open", open };
}

/** Of the codes as listValidCodes gives them. Pure. */
export function countTriesLeft(
  { wrongCodeCount }: WrongCodes,
  codes: ConfirmationCodeRow[],
  now: Date,
): number {
  const ofCodes = codes.filter((code) => isLive(code, now)).map((code) => TRIES_PER_CODE - code.tries);
  // When those of the claim are spent there is one more after each wait.
  const ofClaim = Math.max(1, TRIES_PER_CLAIM - wrongCodeCount);
  return Math.max(0, Math.min(ofClaim, Math.max(0, ...ofCodes)));
}
