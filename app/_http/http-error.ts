import type { SentenceName } from "@/domain/errors";
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE } from "@/messages/languages";
import type { TextValues } from "@/messages/texts";

/** A request refused for its form, before any rule of the domain was asked. Its message is English, for the log. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly status: number,
    readonly code: string,
    /** The sentence that goes with it, into which `values` are put. */
    readonly text: SentenceName,
    readonly headers: Record<string, string> = {},
    readonly values: TextValues = {},
  ) {
    super(textsOf(DEFAULT_LANGUAGE).t(`problems.sentence.${text}`, values));
  }
}
