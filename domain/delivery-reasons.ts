// Why a delivery stands where it stands, in a plain sentence for the person: plain, true, without blame and without the
// provider's words. Codes are what transports say (emails/failures.ts) and what happens before and after them.
import { isTextKey, textsOf } from "@/messages/catalog";
import type { Language } from "@/messages/languages";
import { upperFirst } from "@/messages/upper-first";

/**
 * The sentence of a reason code. Codes of older or newer versions get a general one. The texts begin small, because
 * pages also tell them behind a colon.
 */
export function reasonSentence(code: string, language: Language): string {
  const key = `reason.${code}`;
  return upperFirst(textsOf(language).t(isTextKey(key) ? key : "reason.unknown"), language);
}
