// DomainError → problem+json (RFC 9457).
import "server-only";
import { randomUUID } from "node:crypto";
import { isDatabaseAway } from "@/db/client";
import { DomainError, errorSentence, type FieldError, fieldSentence } from "@/domain/errors";
import { textsOf } from "@/messages/catalog";
import { type Language, tagOf } from "@/messages/languages";
import type { Texts } from "@/messages/texts";
import { services } from "@/services";
import { HttpError } from "./http-error";
import { languageOf } from "./language";
import { makeProblem, STATUS_OF } from "./make-problem";
import type { FieldProblem, Problem } from "./problem";

/** Private by default: an answer holds a person's state or tokens (ASVS 5.0, 14.3.2). */
export const NO_STORE = { "cache-control": "no-store" } as const;

export type Refusal = { problem: Problem; headers: Record<string, string> };

/** What an error becomes for the outside. Anything unexpected is logged with an id, and only the id goes out. */
export function describeError(error: unknown, language: Language): Refusal {
  const texts = textsOf(language);
  if (error instanceof DomainError) {
    const status = STATUS_OF[error.code];
    const { fields, triesLeft, isYours, proof } = error.details;
    const nextAllowedAt =
      status === 429 ? afterNow(error.details.nextAllowedAt) : error.details.nextAllowedAt;
    return refusal(language, status, error.code, errorSentence(texts, error), {
      ...(fields ? { errors: fields.map((one) => describeField(texts, one)) } : {}),
      ...(nextAllowedAt ? { next_allowed_at: nextAllowedAt.toISOString() } : {}),
      ...(triesLeft === undefined ? {} : { tries_left: triesLeft }),
      ...(isYours ? { is_yours: true } : {}),
      ...(proof ? { proof } : {}),
    });
  }
  if (error instanceof HttpError) {
    const sentence = texts.t(`problems.sentence.${error.text}`, error.values);
    return refusal(language, error.status, error.code, sentence, {}, error.headers);
  }
  const errorId = randomUUID();
  if (isDatabaseAway(error)) {
    services().log.error({ err: error, errorId }, "The database is away");
    const nextAllowedAt = new Date(Date.now() + DATABASE_WAIT_SECONDS * 1000).toISOString();
    return refusal(language, 503, "unavailable", texts.t("problems.sentence.unavailable"), {
      next_allowed_at: nextAllowedAt,
    });
  }
  services().log.error({ err: error, errorId }, "Unexpected error");
  return refusal(language, 500, "internal_error", texts.t("problems.sentence.internal_error", { errorId }));
}

function describeField(texts: Texts, error: FieldError): FieldProblem {
  return { field: error.field, code: error.code, detail: fieldSentence(texts, error) };
}

const DATABASE_WAIT_SECONDS = 5;

/** Every 429 says when, and never "now": a client would come back at once for ever (promise P10). */
function afterNow(instant: Date | undefined): Date {
  return new Date(Math.max(Date.now() + 1000, instant?.getTime() ?? 0));
}

/** For an answer with sentences in it. The choice of a page comes in a cookie. */
export function languageHeaders(language: Language): Record<string, string> {
  return { "content-language": tagOf(language), vary: "Accept-Language, Cookie" };
}

function refusal(
  language: Language,
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
  headers: Record<string, string> = {},
): Refusal {
  const problem = makeProblem(language, { status, code, detail, ...more });
  const wait =
    more.next_allowed_at && (status === 429 || status === 503)
      ? { "retry-after": retryAfterSeconds(more.next_allowed_at) }
      : {};
  // RFC 9110 section 11.6.1: a 401 names what it wants. Browsers ask nobody for a password because of this scheme.
  const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return {
    problem,
    headers: { ...NO_STORE, ...languageHeaders(language), ...wait, ...challenge, ...headers },
  };
}

/** Rounded up, and never 0: whoever comes back then is let in. */
function retryAfterSeconds(nextAllowedAt: string): string {
  return String(Math.max(1, Math.ceil((Date.parse(nextAllowedAt) - Date.now()) / 1000)));
}

/** The JSON answer of an error, in the language of the request. */
export function problemResponse(error: unknown, request: Request): Response {
  const { problem, headers } = describeError(error, languageOf(request));
  return Response.json(problem, {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
