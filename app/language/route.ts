import { withoutWords } from "@/app/_http/flash";
import { seeOther } from "@/app/_http/handle";
import { HttpError } from "@/app/_http/http-error";
import { languageCookie } from "@/app/_http/language";
import { refuseOtherMethods } from "@/app/_http/methods";
import { ownAddress } from "@/app/_http/own-address";
import { readBody, refuseForeignPage } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";
import { isLanguage } from "@/messages/languages";

/** Keeps a person's choice of language and goes back to the page it was made on, without what was said in the other. */
export async function POST(request: Request): Promise<Response> {
  try {
    refuseForeignPage(request);
    const { language, back } = (await readBody(request)).fields;
    if (!isLanguage(language)) throw new HttpError(422, "unknown_language", "unknown_language");
    const typed = withoutWords(request);
    return seeOther(ownAddress(back), [languageCookie(language), ...(typed ? [typed] : [])]);
  } catch (error) {
    return problemResponse(error, request);
  }
}

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["POST"]);
