// In which language somebody is answered: the one they chose on a page, else the best their browser asks for.
import "server-only";
import Negotiator from "negotiator";
import { cookies, headers } from "next/headers";
import { DEFAULT_LANGUAGE, isLanguage, LANGUAGES, type Language } from "@/messages/languages";
import { cookieAttributes, cookieName, readCookie } from "./cookies";

const languageCookieName = () => cookieName("language");
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The `set-cookie` value that keeps a choice for a year. It holds the language and nothing about the person. */
export function languageCookie(language: Language): string {
  return `${languageCookieName()}=${language}; ${cookieAttributes()}; Max-Age=${YEAR_SECONDS}`;
}

/** `Accept-Language` (RFC 9110, 12.5.4): weights and regions are understood, nonsense is English. Pure. */
export function matchLanguage(accepted: string | null): Language {
  if (!accepted) return DEFAULT_LANGUAGE;
  const [best] = new Negotiator({ headers: { "accept-language": accepted } }).languages([...LANGUAGES]);
  return isLanguage(best) ? best : DEFAULT_LANGUAGE;
}

/** Of the request that is being answered, for pages. */
export async function requestLanguage(): Promise<Language> {
  const [jar, head] = await Promise.all([cookies(), headers()]);
  return chooseLanguage(jar.get(languageCookieName())?.value, head.get("accept-language"));
}

/** The same for route handlers and the proxy, which hold the request. */
export function languageOf(request: Request): Language {
  const chosen = readCookie(request, languageCookieName());
  return chooseLanguage(chosen, request.headers.get("accept-language"));
}

const chooseLanguage = (chosen: string | null | undefined, accepted: string | null): Language =>
  isLanguage(chosen) ? chosen : matchLanguage(accepted);
