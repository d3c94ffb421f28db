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
/** Name, value and attributes together: what every browser keeps (RFC 6265, 6.1). */
const COOKIE_BYTES_MAX = 4_096;

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
  values: z.record(z.string(), z.string()),
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
  const [before, after] = [`${flashCookieName()}=`, `; ${cookieAttributes()}; Max-Age=${FLASH_SECONDS}`];
  return before + encodeFlash(flash, COOKIE_BYTES_MAX - before.length - after.length) + after;
}

/**
 * A flash in at most `room` characters. When not all of it has room the longest values lose their ends: they are far
 * longer than any field takes, which the problem says of them. Only the problem itself is never cut.
 */
export function encodeFlash(flash: Flash, room: number): string {
  const values = { ...flash.values };
  for (;;) {
    const payload = Buffer.from(JSON.stringify({ ...flash, values })).toString("base64url");
    const [name, value] = Object.entries(values).reduce(
      (longest, entry) => (entry[1].length > longest[1].length ? entry : longest),
      ["", ""],
    );
    if (payload.length <= room || value === "") return payload;
    // A unit of text is at most six characters of JSON, and three of those are four of base64.
    values[name] = cutEnd(value, Math.ceil(((payload.length - room) * 3) / 4 / 6));
  }
}

/** Never through the middle of a character. */
function cutEnd(text: string, units: number): string {
  const rest = text.slice(0, -units);
  return rest.isWellFormed() ? rest : rest.slice(0, -1);
}

/** Ends the flash, so that an old refusal does not come back. */
export const clearFlashCookie = () => `${flashCookieName()}=; ${cookieAttributes()}; Max-Age=0`;

/** The refused form this page was sent back with, or null. For server components. */
export async function readFlash(form: FlashForm): Promise<Flash | null> {
  const raw = (await cookies()).get(flashCookieName())?.value;
  const flash = raw ? decodeFlash(raw) : null;
  return flash?.form === form ? flash : null;
}

/** What a cookie's value holds, or null. */
export function decodeFlash(raw: string): Flash | null {
  try {
    return FlashSchema.parse(JSON.parse(Buffer.from(raw, "base64url").toString("utf8")));
  } catch {
    return null; // somebody else's cookie, or a damaged one: nothing to show
  }
}
