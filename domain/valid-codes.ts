// Which codes open a claim now.
import type { Executor } from "@/db/client";
import { listCodes } from "@/db/codes";
import type { ConfirmationCodeRow } from "@/db/schema";
import { pickValidCodes } from "./confirmation-code";

/** Newest first; the newest of the claim is always among them. Used and expired ones included: see isLive. */
export async function listValidCodes(executor: Executor, userId: string): Promise<ConfirmationCodeRow[]> {
  return pickValidCodes(await listCodes(executor, userId));
}

/** Not used, and not past its time, which begins when its mail was accepted. */
export const isLive = (code: ConfirmationCodeRow, now: Date) =>
  code.usedAt === null && (code.expiresAt === null || code.expiresAt > now);
