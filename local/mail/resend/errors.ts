// Resend's errors: names and statuses as documented (resend.com/docs/api-reference/errors), sentences our own.

export type ResendErrorName =
  | "invalid_idempotency_key"
  | "validation_error"
  | "missing_api_key"
  | "invalid_api_key"
  | "not_found"
  | "method_not_allowed"
  | "invalid_idempotent_request"
  | "concurrent_idempotent_requests"
  | "invalid_from_address"
  | "missing_required_field"
  | "invalid_attachment"
  | "monthly_quota_exceeded"
  | "daily_quota_exceeded"
  | "rate_limit_exceeded"
  | "application_error"
  | "internal_server_error";

/** Thrown anywhere on the way to an answer. */
export class ResendError extends Error {
  override readonly name = "ResendError";
  constructor(
    readonly statusCode: number,
    readonly code: ResendErrorName,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  toResponse(): Response {
    const body = { statusCode: this.statusCode, name: this.code, message: this.message };
    return Response.json(body, { status: this.statusCode, headers: this.headers });
  }
}

export const invalid = (message: string) => new ResendError(422, "validation_error", message);
