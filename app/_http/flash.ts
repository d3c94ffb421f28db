// Carries a refused form back to its page when there is no JavaScript: what was typed (never a password) and
// why it was refused. A short-lived cookie, because a redirect has no body and a URL must not hold an address.
import "server-only";
import { cookies } from "next/headers";
import { z } from "zod";
import { cookieAttributes, cookieName } from "./cookies";
import type { Problem } from "./problem";

export type FlashForm =
  | "register"
  | "confirm"
  | "resend"
  | "sign-in"
  | "change-email"
  | "sessions"
  | "change-password"
  | "delete-account"
  | "operator";
export type Flash = { form: FlashForm; values: Record<string, string>; problem: Problem };

const flashCookieName = () => cookieName("flash");
const FLASH_SECONDS = 30;
/** Cookies end at about 4 KB (RFC 6265 6.1); a value longer than this is not worth carrying. */
const VALUE_MAX = 300;

const FlashSchema = z.object({
  form: z.enum([
    "register",
    "confirm",
    "resend",
    "sign-in",
    "change-email",
    "sessions",
    "change-password",
    "delete-account",
    "operator",
  ]),
  values: z.record(z.string(), z.string().max(VALUE_MAX)),
  problem: z.object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), code: z.string(), detail: z.string() })).exactOptional(),
    next_allowed_at: z.string().exactOptional(),
    tries_left: z.number().exactOptional(),
  }),
});

/** A `set-cookie` value for the redirect that sends a person back to a form. */
export function flashCookie(flash: Flash): string {
  const values = Object.fromEntries(
    Object.entries(flash.values).filter(([, value]) => value.length <= VALUE_MAX),
  );
  const payload = Buffer.from(JSON.stringify({ ...flash, values })).toString("base64url");
  return `${flashCookieName()}=${payload}; ${cookieAttributes()}; Max-Age=${FLASH_SECONDS}`;
}

/** Ends the flash, so that an old refusal does not come back. */
export const clearFlashCookie = () => `${flashCookieName()}=; ${cookieAttributes()}; Max-Age=0`;

/** The refused form this page was sent back with, or null. For server components. */
export async function readFlash(form: FlashForm): Promise<Flash | null> {
  const raw = (await cookies()).get(flashCookieName())?.value;
  if (!raw) return null;
  try {
    const flash = FlashSchema.parse(JSON.parse(Buffer.from(raw, "base64url").toString("utf8")));
    return flash.form === form ? flash : null;
  } catch {
    return null; // somebody else's cookie, or a damaged one: nothing to show
  }
}
