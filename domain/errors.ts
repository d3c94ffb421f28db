// What a caller can act on. The edge turns a code into an HTTP status; the sentence is for the person.

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
  | "resend_cooldown"
  | "resend_limit"
  | "change_limit"
  | "registration_limit"
  | "address_limit"
  | "domain_limit"
  | "site_limit"
  | "sign_in_limit"
  | "busy";

export type FieldError = { field: string; code: string; detail: string };

export type ErrorDetails = {
  fields?: FieldError[];
  /** When the same request will be accepted. */
  nextAllowedAt?: Date;
  triesLeft?: number;
};

export class DomainError extends Error {
  override readonly name = "DomainError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
