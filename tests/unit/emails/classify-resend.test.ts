import { describe, expect, test } from "vitest";
import { type FailureCode, failureClass } from "@/emails/failures";
import { classifyResendError } from "@/emails/transports/classify-resend";

/** Resend's documented errors, and what stands between us and it. */
const TABLE: [status: number, name: string | null, message: string, code: FailureCode][] = [
  [400, "invalid_idempotency_key", "The key must be between 1-256 chars.", "message_malformed"],
  [400, "validation_error", "We found an error with one or more fields in the request.", "message_malformed"],
  [
    422,
    "validation_error",
    "Invalid `to` field. The email address needs to follow the `email@example.com` format.",
    "address_invalid",
  ],
  [
    422,
    "validation_error",
    "Invalid `from` field. The email address needs to follow the `email@example.com` format.",
    "sender_refused",
  ],
  [401, "missing_api_key", "Missing API key in the authorization header.", "credentials_refused"],
  [401, "restricted_api_key", "This API key is restricted to only send emails.", "credentials_refused"],
  [403, "invalid_api_key", "API key is invalid.", "credentials_refused"],
  [401, "validation_error", "API key is invalid", "credentials_refused"],
  [400, "validation_error", "API key is invalid", "credentials_refused"],
  [403, "validation_error", "This API key is suspended.", "credentials_refused"],
  [403, "validation_error", "The associated domain with your API key is not verified.", "sender_refused"],
  [500, "constructor", "", "server_error"],
  [403, "validation_error", "You can only send testing emails to your own email address.", "sender_refused"],
  [403, "validation_error", "The example.com domain is not verified.", "sender_refused"],
  [404, "not_found", "The requested endpoint does not exist.", "endpoint_wrong"],
  [405, "method_not_allowed", "Method is not allowed for the requested path.", "endpoint_wrong"],
  [
    409,
    "invalid_idempotent_request",
    "Same idempotency key used with a different request payload.",
    "idempotency_conflict",
  ],
  [
    409,
    "concurrent_idempotent_requests",
    "Same idempotency key used while original request is still in progress.",
    "already_in_progress",
  ],
  [422, "invalid_attachment", "Attachment must have either a `content` or `path`.", "message_malformed"],
  [422, "invalid_from_address", "Invalid from field.", "sender_refused"],
  [422, "invalid_access", "Access must be full_access or sending_access.", "credentials_refused"],
  [422, "invalid_parameter", "The parameter must be a valid UUID.", "message_malformed"],
  [422, "invalid_region", "Region must be us-east-1.", "message_malformed"],
  [
    422,
    "missing_required_field",
    "The request body is missing one or more required fields.",
    "message_malformed",
  ],
  [429, "rate_limit_exceeded", "Too many requests.", "rate_limited"],
  [429, "daily_quota_exceeded", "You have reached your daily email sending quota.", "quota_exceeded"],
  [429, "monthly_quota_exceeded", "You have reached your monthly email sending quota.", "quota_exceeded"],
  [451, "security_error", "We may have found a security issue with the request.", "refused_by_policy"],
  [500, "application_error", "An unexpected error occurred.", "server_error"],
  [500, "internal_server_error", "An unexpected error occurred.", "server_error"],
  [503, null, "", "server_busy"],
  [502, null, "<html>Bad gateway", "gateway_error"],
  [504, null, "", "gateway_error"],
  [524, null, "", "gateway_error"],
  [521, null, "", "server_error"],
  [429, null, "", "rate_limited"],
  [401, null, "", "credentials_refused"],
  [404, null, "<html>", "endpoint_wrong"],
  [413, null, "", "message_too_large"],
  [302, null, "", "endpoint_wrong"],
  [418, null, "", "request_refused"],
  [400, "something_new", "Not today.", "request_refused"],
  [500, "something_new", "Not today.", "server_error"],
];

describe("an answer of Resend", () => {
  test.each(TABLE)("%i %s %j", (status, name, message, code) => {
    expect(classifyResendError({ status, name, message })).toBe(code);
  });

  test("a used-up quota is loud and not a rate limit", () => {
    expect(failureClass("quota_exceeded")).toBe("ours");
    expect(failureClass("rate_limited")).toBe("transient");
  });
});
