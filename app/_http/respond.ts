// DomainError → problem+json (RFC 9457). The only place that knows HTTP codes of errors.
import "server-only";
import { randomUUID } from "node:crypto";
import { isDatabaseAway } from "@/db/client";
import { DomainError, type ErrorCode } from "@/domain/errors";
import { services } from "@/services";
import { HttpError } from "./http-error";
import type { Problem } from "./problem";

const STATUS: Record<ErrorCode, number> = {
  invalid_input: 422,
  username_taken: 409,
  bad_credentials: 401,
  invalid_token: 401,
  not_signed_in: 401,
  not_confirmed: 403,
  wrong_code: 422,
  code_expired: 410,
  link_over: 410,
  link_limit: 429,
  too_many_tries: 429,
  already_confirmed: 409,
  resend_cooldown: 429,
  resend_limit: 429,
  change_limit: 429,
  registration_limit: 429,
  address_limit: 429,
  domain_limit: 429,
  site_limit: 429,
  sign_in_limit: 429,
  busy: 503,
};

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timed out",
  409: "Conflict",
  410: "No longer valid",
  413: "Too large",
  415: "Wrong content type",
  422: "Cannot be accepted",
  429: "Too many requests",
  500: "Something went wrong",
  503: "Not available at the moment",
};

/** Private by default: an answer holds a person's state or tokens (ASVS 5.0, 14.3.2). */
export const NO_STORE = { "cache-control": "no-store" } as const;

export type Refusal = { problem: Problem; headers: Record<string, string> };

/** What an error becomes for the outside. Anything unexpected is logged with an id, and only the id goes out. */
export function describeError(error: unknown): Refusal {
  if (error instanceof DomainError) {
    const status = STATUS[error.code];
    const { fields, triesLeft } = error.details;
    const nextAllowedAt =
      status === 429 ? afterNow(error.details.nextAllowedAt) : error.details.nextAllowedAt;
    return refusal(status, error.code, error.message, {
      ...(fields ? { errors: fields } : {}),
      ...(nextAllowedAt ? { next_allowed_at: nextAllowedAt.toISOString() } : {}),
      ...(triesLeft === undefined ? {} : { tries_left: triesLeft }),
    });
  }
  if (error instanceof HttpError) return refusal(error.status, error.code, error.message, {}, error.headers);
  const errorId = randomUUID();
  if (isDatabaseAway(error)) {
    services().log.error({ err: error, errorId }, "The database is away");
    const nextAllowedAt = new Date(Date.now() + DATABASE_WAIT_SECONDS * 1000).toISOString();
    return refusal(
      503,
      "unavailable",
      "We cannot reach our database at the moment. Nothing was lost; please try again shortly.",
      {
        next_allowed_at: nextAllowedAt,
      },
    );
  }
  services().log.error({ err: error, errorId }, "Unexpected error");
  return refusal(
    500,
    "internal_error",
    `Something went wrong on our side. If it stays so, tell us this number: ${errorId}`,
  );
}

const DATABASE_WAIT_SECONDS = 5;

/** Every 429 says when, and never "now": a client would come back at once for ever (promise P10). */
function afterNow(instant: Date | undefined): Date {
  return new Date(Math.max(Date.now() + 1000, instant?.getTime() ?? 0));
}

function refusal(
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
  headers: Record<string, string> = {},
): Refusal {
  const problem: Problem = {
    type: `about:blank#${code}`,
    title: TITLES[status] ?? "Error",
    status,
    code,
    detail,
    ...more,
  };
  const wait =
    more.next_allowed_at && (status === 429 || status === 503)
      ? { "retry-after": retryAfterSeconds(more.next_allowed_at) }
      : {};
  // RFC 9110 section 11.6.1: a 401 names what it wants. Browsers ask nobody for a password because of this scheme.
  const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return { problem, headers: { ...NO_STORE, ...wait, ...challenge, ...headers } };
}

/** Rounded up, and never 0: whoever comes back then is let in. */
function retryAfterSeconds(nextAllowedAt: string): string {
  return String(Math.max(1, Math.ceil((Date.parse(nextAllowedAt) - Date.now()) / 1000)));
}

/** The JSON answer of an error. */
export function problemResponse(error: unknown): Response {
  const { problem, headers } = describeError(error);
  return Response.json(problem, {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
