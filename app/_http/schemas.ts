// What each call takes. zod stands where bytes enter; inside, values are typed and normalised.
import { z } from "zod";
import {
  EMAIL_MAX,
  PASSWORD_MAX,
  PASSWORD_MIN,
  USERNAME_MAX,
  USERNAME_MIN,
  USERNAME_PATTERN,
} from "@/domain/account-rules";
import { normalizeEmail } from "@/domain/email-address";
import type { FieldError, FieldSentenceName } from "@/domain/errors";
import { countPasswordCharacters } from "@/domain/password-length";
import { PROOF_MAX } from "@/domain/proof-of-work";

/** Longer than any link of ours; the longest holds an address. */
const LINK_MAX = 1_000;

const NOT_TEXT: FieldSentenceName = "not_text";
const PROOF_TOO_LONG: FieldSentenceName = "proof_too_long";

type Complaint = Pick<FieldError, "code" | "text" | "values">;

/**
 * A text field with its own sentence for "missing" and a judge for the rest. Where zod writes a sentence stands the name
 * of one (messages/en/problems.json).
 */
function text(
  missing: FieldSentenceName,
  judge: (value: string) => Complaint | null = () => null,
  isBlank = (value: string) => value.trim() === "",
) {
  return z.string({ error: (issue) => (issue.input === undefined ? missing : NOT_TEXT) }).check((context) => {
    const isMissing = isBlank(context.value);
    const complaint: Complaint | null = isMissing
      ? { code: "required", text: missing }
      : judge(context.value);
    if (complaint)
      context.issues.push({
        code: "custom",
        message: complaint.text,
        params: { code: complaint.code, values: complaint.values },
        input: context.value,
      });
  });
}

function judgeUsername(value: string): Complaint | null {
  const name = value.trim();
  if (name.length < USERNAME_MIN)
    return { code: "too_short", text: "too_short", values: { min: USERNAME_MIN } };
  if (name.length > USERNAME_MAX)
    return { code: "too_long", text: "too_long", values: { max: USERNAME_MAX } };
  if (!USERNAME_PATTERN.test(name))
    return {
      code: "invalid_characters",
      text: "username_characters",
    };
  return null;
}

function judgeEmail(value: string): Complaint | null {
  // Measured first: normalising a very long text is work that somebody could make us do.
  const tooLong: Complaint = { code: "too_long", text: "email_too_long", values: { max: EMAIL_MAX } };
  if (value.length > 4 * EMAIL_MAX) return tooLong;
  if (Buffer.byteLength(value.trim()) > EMAIL_MAX && normalizeEmail(value) === null) return tooLong;
  if (normalizeEmail(value) === null)
    return {
      code: "invalid_email",
      text: "invalid_email",
    };
  return null;
}

function judgePassword(value: string, min: number): Complaint | null {
  if (countPasswordCharacters(value) < min) return { code: "too_short", text: "too_short", values: { min } };
  // What is hashed: the limit bounds that work.
  if ([...value.normalize("NFKC")].length > PASSWORD_MAX)
    return { code: "too_long", text: "too_long", values: { max: PASSWORD_MAX } };
  // NUL and half surrogates do not survive every encoding: such a password could not be typed again.
  if (value.includes("\0") || !value.isWellFormed())
    return {
      code: "invalid_characters",
      text: "password_characters",
    };
  return null;
}

const email = text("required_email", judgeEmail)
  .transform((value) => normalizeEmail(value) ?? value)
  .meta({ maxLength: EMAIL_MAX, description: "Any script; taken in one spelling." });

/** Spaces are characters like any other in a password (NIST SP 800-63B 3.1.1.2). */
const newPassword = (min: number) =>
  text(
    "required_new_password",
    (value) => judgePassword(value, min),
    (value) => value === "",
  ).meta({
    minLength: min,
    maxLength: PASSWORD_MAX,
    description: "No rules of which characters. Not a common password, not made of the person's own words.",
  });

/** `passwordMin`: Settings.passwordMin. */
export const registerFields = (passwordMin: number = PASSWORD_MIN) =>
  z.object({
    username: text("required_username", judgeUsername)
      .transform((value) => value.trim())
      .meta({
        minLength: USERNAME_MIN,
        maxLength: USERNAME_MAX,
        pattern: USERNAME_PATTERN.source,
        description: "Unique, whatever its case.",
      }),
    email,
    password: newPassword(passwordMin),
    /** Needed only when the answer was `proof_required`; what is no proof is asked for again. */
    proof: z
      .string({ error: () => NOT_TEXT })
      .max(PROOF_MAX, { error: () => PROOF_TOO_LONG })
      .nullish()
      .meta({ description: "The solution of the challenge in a `proof_required`; not needed before." }),
  });

/** What a call is about. Not said, or left blank as a form does, is whatever the caller's session is of. */
const about = (invalid: FieldSentenceName, description: string) =>
  z
    .string({ error: () => NOT_TEXT })
    .check(({ value, issues }) => {
      if (value === "" || z.uuid().safeParse(value).success) return;
      issues.push({ code: "custom", message: invalid, params: { code: "invalid" }, input: value });
    })
    .nullish()
    .meta({ description });

const aboutDelivery = about(
  "delivery_id_invalid",
  "Which registration this is about: the id of any of its mails. Nothing is done when the caller's is another one.",
);

const aboutAccount = about(
  "user_id_invalid",
  "Which account this is about, by the id that `GET /api/v1/usr/me` tells. Nothing is done when the caller's is another one.",
);

/** What a call needs that needs nothing else, and what others look at first. */
export const AboutMailFields = z.object({ delivery_id: aboutDelivery });
export const AboutAccountFields = z.object({ user_id: aboutAccount });

export const ChangeEmailFields = z.object({ email, delivery_id: aboutDelivery });

export const CodeFields = z.object({
  code: text("required_code").meta({
    description: "Six digits; spaces and dashes between them are let pass.",
  }),
  delivery_id: aboutDelivery,
});

/** What stood behind the "#" of a mail's link. */
export const LinkFields = z.object({
  link: text("required_link", (value) =>
    value.length > LINK_MAX ? { code: "too_long", text: "link_too_long" } : null,
  ).meta({ maxLength: LINK_MAX, description: "What stands behind the `#` of the mail's link." }),
});

/** Only compared, so the rules of new ones do not apply; the limit bounds the work. */
const presentPassword = text(
  "required_password",
  (value) =>
    value.length > 4 * PASSWORD_MAX
      ? { code: "too_long", text: "password_too_long", values: { max: PASSWORD_MAX } }
      : null,
  (value) => value === "",
);

/** Credentials are only compared, so the rules of registering do not apply; the limits bound the work. */
export const SignInFields = z.object({
  login: text("required_login", (value) =>
    value.length > 4 * EMAIL_MAX || value.includes("\0") ? { code: "invalid", text: "login_invalid" } : null,
  ).meta({ description: "Username or confirmed address." }),
  password: presentPassword,
});

export const RefreshFields = z.object({
  refresh_token: text("required_refresh_token", (value) =>
    value.length > 200 ? { code: "too_long", text: "refresh_token_too_long" } : null,
  ),
});

export const SessionFields = z.object({
  session_id: text("required_session_id", (value) =>
    z.uuid().safeParse(value).success ? null : { code: "invalid", text: "session_id_invalid" },
  ),
  user_id: aboutAccount,
});

/** `passwordMin`: Settings.passwordMin. */
export const changePasswordFields = (passwordMin: number) =>
  z.object({
    current_password: presentPassword,
    new_password: newPassword(passwordMin),
    user_id: aboutAccount,
  });

export const DeleteAccountFields = z.object({ password: presentPassword, user_id: aboutAccount });
