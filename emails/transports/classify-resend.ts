// What an answer of Resend's API means. Pure. Sources: resend.com/docs/api-reference/errors (names and statuses),
// RFC 9110 section 15 (statuses that do not come from Resend itself but from what stands before it).
import type { FailureCode } from "../failures";

const BY_NAME: Record<string, FailureCode> = {
  rate_limit_exceeded: "rate_limited",
  // Same status 429, but waiting a moment does not help.
  daily_quota_exceeded: "quota_exceeded",
  monthly_quota_exceeded: "quota_exceeded",
  concurrent_idempotent_requests: "already_in_progress",
  invalid_idempotent_request: "idempotency_conflict",
  missing_api_key: "credentials_refused",
  restricted_api_key: "credentials_refused",
  invalid_api_key: "credentials_refused",
  suspended_api_key: "credentials_refused",
  invalid_access: "credentials_refused",
  invalid_from_address: "sender_refused",
  invalid_idempotency_key: "message_malformed",
  missing_required_field: "message_malformed",
  invalid_attachment: "message_malformed",
  invalid_parameter: "message_malformed",
  invalid_region: "message_malformed",
  security_error: "refused_by_policy",
  not_found: "endpoint_wrong",
  method_not_allowed: "endpoint_wrong",
};

/**
 * Statuses that say nothing about Resend having refused. 502, 504 and the edge's 520 and 524: the request was
 * passed on and the reply was lost on the way back, so the mail may have been taken.
 */
const BY_STATUS: Record<number, FailureCode> = {
  401: "credentials_refused",
  403: "credentials_refused",
  404: "endpoint_wrong",
  405: "endpoint_wrong",
  407: "endpoint_wrong",
  408: "timeout",
  409: "already_in_progress",
  413: "message_too_large",
  421: "endpoint_wrong",
  425: "try_later",
  429: "rate_limited",
  451: "refused_by_policy",
  502: "gateway_error",
  503: "server_busy",
  504: "gateway_error",
  520: "gateway_error",
  524: "gateway_error",
  525: "tls_failed",
  526: "tls_failed",
};

export type ResendError = {
  /** HTTP status, 300 or more. */
  status: number;
  /** `name` of the error object; null when the body was none. */
  name: string | null;
  message: string;
};

/** The code of an answer that is not a success. */
export function classifyResendError(error: ResendError): FailureCode {
  if (error.name === "validation_error") return classifyValidation(error);
  const named = error.name !== null && Object.hasOwn(BY_NAME, error.name) ? BY_NAME[error.name] : undefined;
  if (named) return named;
  const byStatus = BY_STATUS[error.status];
  if (byStatus) return byStatus;
  if (error.status >= 500) return "server_error";
  return error.status >= 400 ? "request_refused" : "endpoint_wrong";
}

/**
 * One name for many causes. A key that is unknown, deleted or no key at all, with 400, 401 or 403 (the documentation has
 * had more than one of them, and a name of its own); 403 else is our domain or a test account; otherwise the message names
 * the field.
 */
function classifyValidation({ status, message }: ResendError): FailureCode {
  // "The associated domain with your API key is not verified" is about the domain.
  if (status === 401 || (/\bapi key\b/i.test(message) && !/\bdomain\b/i.test(message)))
    return "credentials_refused";
  if (status === 403) return "sender_refused";
  if (/[`'"]?\bto\b[`'"]? (field|address)|[`'"]to[`'"]/i.test(message)) return "address_invalid";
  if (/[`'"]?\b(from|reply_to)\b[`'"]? (field|address)|[`'"](from|reply_to)[`'"]/i.test(message))
    return "sender_refused";
  return "message_malformed";
}
