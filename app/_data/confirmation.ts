import "server-only";
import { requestLanguage } from "@/app/_http/language";
import type { Confirmation } from "@/domain/confirmation-state";
import { getConfirmation as read } from "@/domain/email-confirmation";
import { isMailOfUser } from "@/domain/same-claim";
import { services } from "@/services";

/** The confirmation of one person, for a page; null when the account is gone. */
export async function getConfirmation(userId: string): Promise<Confirmation | null> {
  return read(services(), userId, await requestLanguage());
}

/** Whether a mail was queued for this person, for a page. */
export const isMailOf = (userId: string, mailId: string): Promise<boolean> =>
  isMailOfUser(services(), userId, mailId);
