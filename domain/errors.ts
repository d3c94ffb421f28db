// What a caller can act on. The edge turns a code into an HTTP status and into a sentence in the person's language; the
// error's own message is the English one, for the log.
import { textsOf } from "@/messages/catalog";
import { DEFAULT_LANGUAGE } from "@/messages/languages";
import type { TextName, Texts, TextValues } from "@/messages/texts";
import type { ProofChallenge } from "./proof-of-work";

export type ErrorCode =
  | "invalid_input"
  | "username_taken"
  | "bad_credentials"
  | "invalid_token"
  | "not_signed_in"
  | "not_confirmed"
  | "wrong_code"
  | "code_expired"
  | "link_over"
  | "link_limit"
  | "too_many_tries"
  | "already_confirmed"
  | "other_registration"
  | "other_account"
  | "resend_cooldown"
  | "resend_limit"
  | "change_limit"
  | "registration_limit"
  | "address_limit"
  | "domain_limit"
  | "site_limit"
  | "sign_in_limit"
  | "refresh_limit"
  | "password_limit"
  | "proof_required"
  | "busy";

/** Every sentence that a problem may have: one for each code, and others where one code has several reasons. */
export type SentenceName = TextName<"problems.sentence">;
export type FieldSentenceName = TextName<"problems.field">;

/** `code` is the API's; `text` the sentence to go with it, into which `values` are put. */
export type FieldError = { field: string; code: string; text: FieldSentenceName; values?: TextValues };

export type ErrorDetails = {
  /** The sentence, where it is not that of the code. */
  text?: SentenceName;
  fields?: readonly FieldError[];
  /** When the same request will be accepted. */
  nextAllowedAt?: Date;
  triesLeft?: number;
  /** Who asks is signed in to what the error is about. */
  isYours?: boolean;
  /** The sum to be done first. */
  proof?: ProofChallenge;
};

/**
 * An error is known by its name, for instanceof too: a build may hold a module more than once, and what one copy threw
 * (a queue of the whole process, a service) another one has to know.
 */
export const isNamed = (value: unknown, name: string): boolean =>
  value instanceof Error && value.name === name;

export class DomainError extends Error {
  override readonly name = "DomainError";
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, "DomainError");
  }
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(errorSentence(textsOf(DEFAULT_LANGUAGE), { code, details }), options);
  }
}

/** `invalid_input` for one field. */
export const invalidField = (error: FieldError) => new DomainError("invalid_input", { fields: [error] });

/** What the person is told. One wrong field speaks for itself. */
export function errorSentence(
  texts: Texts,
  { code, details }: Pick<DomainError, "code" | "details">,
): string {
  const { fields, text, triesLeft } = details;
  const only = fields?.length === 1 ? fields[0] : undefined;
  if (only) return fieldSentence(texts, only);
  const name: SentenceName = text ?? code;
  return texts.t(`problems.sentence.${name}`, triesLeft === undefined ? {} : { triesLeft });
}

export function fieldSentence({ t }: Texts, { text, values }: FieldError): string {
  return t(`problems.field.${text}`, values);
}
