// The texts of the request's language, for server components.
import "server-only";
import { cache } from "react";
import { requestLanguage } from "@/app/_http/language";
import { textsOf } from "@/messages/catalog";
import type { Texts } from "@/messages/texts";

/** Asked as often as one likes: once per request. */
export const requestTexts = cache(async (): Promise<Texts> => textsOf(await requestLanguage()));
