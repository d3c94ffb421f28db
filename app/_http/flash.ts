// What one page is told for the next, in a short-lived cookie: a redirect has no body, and what a URL holds anybody can
// write. Either a refused form without JavaScript (what was typed, never a password, and why it was refused), which stays
// for a reload; or that something was done, or was meant for another account, which is told once.
import "server-only";
import { cookies } from "next/headers";
import { z } from "zod";
import { cookieAttributes, cookieName, readCookie } from "./cookies";
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

/** Those of an account's page. */
export const FORMS_OF_ACCOUNT = [
  "sessions",
  "change-password",
  "delete-account",
] as const satisfies FlashForm[];

export const isOfAccount = (form: FlashForm): boolean =>
  (FORMS_OF_ACCOUNT as readonly FlashForm[]).includes(form);

/** What a page tells once, after it happened. */
const DONE_NOTES = [
  "address_confirmed",
  "session_ended",
  "others_ended",
  "password_changed",
  "account_deleted",
  // Somebody acted on an account's page whose session had ended: this time nothing was done.
  "nothing_done",
] as const;
export type DoneNote = (typeof DONE_NOTES)[number];

const flashCookieName = () => cookieName("flash");
const FLASH_SECONDS = 30;
/** While the database is away: browsers let a page that nobody looks at ask once a minute. */
const AWAY_FLASH_SECONDS = 90;
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

/** Of a refused form, with or without why. */
const TypedSchema = FlashSchema.pick({ form: true, values: true });
const DoneSchema = z.object({ done: z.enum(DONE_NOTES) });

/** A `set-cookie` value for the redirect that sends a person back to a form. */
export function flashCookie(flash: Flash): string {
  const seconds = flash.problem.code === "unavailable" ? AWAY_FLASH_SECONDS : FLASH_SECONDS;
  const [before, after] = [`${flashCookieName()}=`, `; ${cookieAttributes()}; Max-Age=${seconds}`];
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

/** A `set-cookie` value for the answer after which a page tells what was done. */
export function doneCookie(done: DoneNote): string {
  const value = Buffer.from(JSON.stringify({ done })).toString("base64url");
  return `${flashCookieName()}=${value}; ${cookieAttributes()}; Max-Age=${FLASH_SECONDS}`;
}

/**
 * A `set-cookie` value by which what the request brings of this lasts for another while, or null when it brings nothing:
 * for a page that is shown in the place of the one that would tell it.
 */
export function keptFlashCookie(request: Request): string | null {
  const raw = readCookie(request, flashCookieName());
  // Nothing is sent back that is not of our making.
  if (raw === null || !/^[\w-]+$/.test(raw) || !(decodeFlash(raw) || decodeDone(raw))) return null;
  return `${flashCookieName()}=${raw}; ${cookieAttributes()}; Max-Age=${AWAY_FLASH_SECONDS}`;
}

/** Ends the flash, so that what is over does not come back. */
export const clearFlashCookie = () => `${flashCookieName()}=; ${cookieAttributes()}; Max-Age=0`;

/** The refused form this page was sent back with, or null. For server components. */
export async function readFlash(form: FlashForm): Promise<Flash | null> {
  const raw = (await cookies()).get(flashCookieName())?.value;
  const flash = raw ? decodeFlash(raw) : null;
  return flash?.form === form ? flash : null;
}

/** What was typed into a form that was refused, by field. For server components. */
export async function readTyped(form: FlashForm): Promise<Record<string, string>> {
  const raw = (await cookies()).get(flashCookieName())?.value;
  const typed = raw ? decode(TypedSchema, raw) : null;
  return typed?.form === form ? typed.values : {};
}

/** What this page is to tell as done, or null. For server components; the cookie goes with the page (proxy.ts). */
export async function readDone(): Promise<DoneNote | null> {
  const raw = (await cookies()).get(flashCookieName())?.value;
  return raw ? decodeDone(raw) : null;
}

/** The request brings what the page at `path`, which is its answer, tells, and no later one. */
export function bringsToldOnce(request: Request, path: string): boolean {
  const raw = readCookie(request, flashCookieName());
  if (raw === null) return false;
  // An account's page, loaded anew, leads to the one that tells these.
  const done = decodeDone(raw);
  if (done === "nothing_done" || done === "account_deleted") return path !== "/account";
  // No form of that page was refused, so nothing of it is to be mended.
  const flash = decodeFlash(raw);
  // Of an account's page, told where the registration is that the browser waits for.
  if (flash?.problem.code === "other_registration" && isOfAccount(flash.form)) return path !== "/account";
  return done !== null || flash?.problem.code === "other_account";
}

/**
 * A `set-cookie` value that leaves of a refused form what was typed, or null when the request brings none: why it was
 * refused is in words, which a page in another language cannot say.
 */
export function withoutWords(request: Request): string | null {
  const flash = decodeFlash(readCookie(request, flashCookieName()) ?? "");
  // Of these two each page has words of its own.
  if (!flash || /^other_(account|registration)$/.test(flash.problem.code)) return null;
  const { form, values } = flash;
  const value = Buffer.from(JSON.stringify({ form, values })).toString("base64url");
  return `${flashCookieName()}=${value}; ${cookieAttributes()}; Max-Age=${FLASH_SECONDS}`;
}

/** What a cookie's value holds of a refused form, or null. */
export function decodeFlash(raw: string): Flash | null {
  return decode(FlashSchema, raw);
}

/** What a cookie's value says was done, or null. */
export function decodeDone(raw: string): DoneNote | null {
  return decode(DoneSchema, raw)?.done ?? null;
}

function decode<Shape>(schema: z.ZodType<Shape>, raw: string): Shape | null {
  try {
    return schema.parse(JSON.parse(Buffer.from(raw, "base64url").toString("utf8")));
  } catch {
    return null; // somebody else's cookie, or a damaged one: nothing to show
  }
}
