// What a problem says beside its code. The only place that knows HTTP codes of errors. Pure.
import type { ErrorCode } from "@/domain/errors";
import { isTextKey, textsOf } from "@/messages/catalog";
import type { Language } from "@/messages/languages";
import type { Problem } from "./problem";

export const STATUS_OF: Record<ErrorCode, number> = {
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
  other_registration: 409,
  other_account: 409,
  resend_cooldown: 429,
  resend_limit: 429,
  change_limit: 429,
  registration_limit: 429,
  address_limit: 429,
  domain_limit: 429,
  site_limit: 429,
  sign_in_limit: 429,
  refresh_limit: 429,
  password_limit: 429,
  // RFC 6585, section 3: what is asked for has to come with the request.
  proof_required: 428,
  busy: 503,
};

/** `detail`: the sentence, in `language`. */
export function makeProblem(
  language: Language,
  { status, code, detail, ...more }: Omit<Problem, "type" | "title">,
): Problem {
  const title = `problems.title.${status}`;
  return {
    type: `about:blank#${code}`,
    title: textsOf(language).t(isTextKey(title) ? title : "problems.title.other"),
    status,
    code,
    detail,
    ...more,
  };
}
