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

/** Longer than any link of ours; the longest holds an address. */
const LINK_MAX = 1_000;

type Complaint = { code: string; detail: string };

/** A text field with its own sentence for "missing" and a judge for the rest; a complaint carries a code. */
function text(
  missing: string,
  judge: (value: string) => Complaint | null = () => null,
  isBlank = (value: string) => value.trim() === "",
) {
  return z
    .string({ error: (issue) => (issue.input === undefined ? missing : "This must be text.") })
    .check((context) => {
      const isMissing = isBlank(context.value);
      const complaint = isMissing ? { code: "required", detail: missing } : judge(context.value);
      if (complaint)
        context.issues.push({
          code: "custom",
          message: complaint.detail,
          params: { code: complaint.code },
          input: context.value,
        });
    });
}

function judgeUsername(value: string): Complaint | null {
  const name = value.trim();
  if (name.length < USERNAME_MIN)
    return { code: "too_short", detail: `Use at least ${USERNAME_MIN} characters.` };
  if (name.length > USERNAME_MAX)
    return { code: "too_long", detail: `Use at most ${USERNAME_MAX} characters.` };
  if (!USERNAME_PATTERN.test(name))
    return {
      code: "invalid_characters",
      detail:
        "Use letters from a to z, digits, dots, dashes and underscores, and start with a letter or a digit.",
    };
  return null;
}

function judgeEmail(value: string): Complaint | null {
  // Measured first: normalising a very long text is work that somebody could make us do.
  const tooLong = { code: "too_long", detail: `An email address has at most ${EMAIL_MAX} characters.` };
  if (value.length > 4 * EMAIL_MAX) return tooLong;
  if (Buffer.byteLength(value.trim()) > EMAIL_MAX && normalizeEmail(value) === null) return tooLong;
  if (normalizeEmail(value) === null)
    return {
      code: "invalid_email",
      detail: "This is not a complete email address. It should look like name@example.com.",
    };
  return null;
}

function judgePassword(value: string, min: number): Complaint | null {
  const length = [...value.normalize("NFKC")].length;
  if (length < min) return { code: "too_short", detail: `Use at least ${min} characters.` };
  if (length > PASSWORD_MAX) return { code: "too_long", detail: `Use at most ${PASSWORD_MAX} characters.` };
  // NUL and half surrogates do not survive every encoding: such a password could not be typed again.
  if (value.includes("\0") || !value.isWellFormed())
    return {
      code: "invalid_characters",
      detail: "The password contains a character that cannot be typed again.",
    };
  return null;
}

const email = text("Please enter your email address.", judgeEmail).transform(
  (value) => normalizeEmail(value) ?? value,
);

/** Spaces are characters like any other in a password (NIST SP 800-63B 3.1.1.2). */
const newPassword = (min: number) =>
  text(
    "Please choose a password.",
    (value) => judgePassword(value, min),
    (value) => value === "",
  );

/** `passwordMin`: Settings.passwordMin. */
export const registerFields = (passwordMin: number = PASSWORD_MIN) =>
  z.object({
    username: text("Please choose a username.", judgeUsername).transform((value) => value.trim()),
    email,
    password: newPassword(passwordMin),
  });

export const ChangeEmailFields = z.object({ email });

export const CodeFields = z.object({ code: text("Please type the six-digit code.") });

/** What stood behind the "#" of a mail's link. */
export const LinkFields = z.object({
  link: text("The field link is missing.", (value) =>
    value.length > LINK_MAX ? { code: "too_long", detail: "This is no link of ours." } : null,
  ),
});

/** Only compared, so the rules of new ones do not apply; the limit bounds the work. */
const presentPassword = text(
  "Please enter your password.",
  (value) =>
    value.length > 4 * PASSWORD_MAX
      ? { code: "too_long", detail: `A password has at most ${PASSWORD_MAX} characters.` }
      : null,
  (value) => value === "",
);

/** Credentials are only compared, so the rules of registering do not apply; the limits bound the work. */
export const SignInFields = z.object({
  login: text("Please enter your username or email address.", (value) =>
    value.length > 4 * EMAIL_MAX || value.includes("\0")
      ? { code: "invalid", detail: "This is no username and no email address." }
      : null,
  ),
  password: text("Please enter your password.", (value) =>
    value.length > 4 * PASSWORD_MAX
      ? { code: "too_long", detail: `A password has at most ${PASSWORD_MAX} characters.` }
      : null,
  ),
});

export const RefreshFields = z.object({
  refresh_token: text("The field refresh_token is missing.", (value) =>
    value.length > 200 ? { code: "too_long", detail: "This is no refresh token." } : null,
  ),
});

export const SessionFields = z.object({
  session_id: text("The field session_id is missing.", (value) =>
    z.uuid().safeParse(value).success ? null : { code: "invalid", detail: "This is no session's id." },
  ),
});

/** `passwordMin`: Settings.passwordMin. */
export const changePasswordFields = (passwordMin: number) =>
  z.object({ current_password: presentPassword, new_password: newPassword(passwordMin) });

export const DeleteAccountFields = z.object({ password: presentPassword });
