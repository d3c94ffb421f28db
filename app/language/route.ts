import { seeOther } from "@/app/_http/handle";
import { HttpError } from "@/app/_http/http-error";
import { languageCookie } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { readBody, refuseForeignPage } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";
import { isLanguage } from "@/messages/languages";

/** Keeps a person's choice of language and goes back to the page it was made on. */
export async function POST(request: Request): Promise<Response> {
  try {
    refuseForeignPage(request);
    const { language, back } = (await readBody(request)).fields;
    if (!isLanguage(language)) throw new HttpError(422, "unknown_language", "unknown_language");
    return seeOther(ownPath(back), [languageCookie(language)]);
  } catch (error) {
    return problemResponse(error, request);
  }
}

/** A path of ours; whatever else was sent is the front page, so that nobody is led away (ASVS 5.0, 3.7.2). */
function ownPath(given: unknown): string {
  return typeof given === "string" && /^\/(?![/\\])[\w/-]{0,100}$/.test(given) ? given : "/";
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);
