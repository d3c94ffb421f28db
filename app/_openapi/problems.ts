// The codes of problems, with their status and an example of each: its sentence is the one that people read.
import { makeProblem, STATUS_OF } from "@/app/_http/make-problem";
import type { Problem } from "@/app/_http/problem";
import type { ErrorCode, SentenceName } from "@/domain/errors";
import { textsOf } from "@/messages/catalog";
import type { TextValues } from "@/messages/texts";

/** Refusals of a request for its form, and what goes wrong on our side. */
const STATUS_OF_OTHERS = {
  invalid_json: 400,
  invalid_encoding: 400,
  foreign_origin: 403,
  body_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  unsupported_charset: 415,
  internal_error: 500,
  unavailable: 503,
} as const satisfies Partial<Record<SentenceName, number>>;

export type ProblemCode = ErrorCode | keyof typeof STATUS_OF_OTHERS;

export const PROBLEM_STATUS: Record<ProblemCode, number> = { ...STATUS_OF, ...STATUS_OF_OTHERS };

/** One way in which a call is refused. */
export type Refused = {
  code: ProblemCode;
  /** The body that is answered so, where it is the body that is wrong. */
  sends?: unknown;
  /** What this problem says besides. */
  more?: Partial<Pick<Problem, "errors" | "tries_left" | "next_allowed_at" | "proof" | "detail">>;
};

const VALUES: Partial<Record<ProblemCode, TextValues>> = {
  wrong_code: { triesLeft: 4 },
  internal_error: { errorId: "7d9d1c0e-52cb-4d51-8b0c-1f4c2f1c1a55" },
  body_too_large: { kilobytes: 16 },
};

/** What the example of a problem looks like. */
export function exampleProblem({ code, more = {} }: Refused): Problem {
  const status = PROBLEM_STATUS[code];
  const detail = textsOf("en").t(`problems.sentence.${code}`, VALUES[code]);
  const wait = status === 429 || status === 503 ? { next_allowed_at: "2026-11-24T10:01:00.000Z" } : {};
  return makeProblem("en", { status, code, detail, ...wait, ...more });
}

const refused = (...codes: ProblemCode[]): Refused[] => codes.map((code) => ({ code }));

/** What any call may meet. */
export const ANY_CALL = refused("internal_error", "unavailable");
/** What a call with a body may meet before the body is understood. */
export const ANY_BODY = refused(
  "invalid_json",
  "invalid_encoding",
  "body_timeout",
  "body_too_large",
  "unsupported_media_type",
  "unsupported_charset",
);
export const NO_TOKEN = refused("not_signed_in", "invalid_token");
export const FROM_ELSEWHERE = refused("foreign_origin");
/** A claim's token is not enough. */
export const NO_ACCOUNT = refused("not_confirmed");

/** `invalid_input` for these fields, with the sentences that people read. */
export function wrongFields(
  sends: object,
  ...errors: { field: string; code: string; detail: string }[]
): Refused {
  const [first, ...rest] = errors;
  // One wrong field speaks for itself.
  const detail = first && rest.length === 0 ? { detail: first.detail } : {};
  return { code: "invalid_input", sends, more: { errors, ...detail } };
}

/** The sentence of a field's error. */
export const fieldSentenceOf = (name: Parameters<typeof textName>[0], values?: TextValues): string =>
  textsOf("en").t(textName(name), values);

const textName = (name: import("@/domain/errors").FieldSentenceName) => `problems.field.${name}` as const;
