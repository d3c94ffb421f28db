// The register form's own checks: a quick word before the server has the last one. They never refuse what the
// server accepts (a test holds this), and each sentence says how to mend. Pure.
import {
  EMAIL_MAX,
  PASSWORD_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
  USERNAME_PATTERN,
} from "@/domain/account-rules";
import type { Texts } from "@/messages/texts";

/** What is wrong with a value, or null. */
export type Check = (value: string) => string | null;

export const checkUsername =
  ({ t }: Texts): Check =>
  (value) => {
    const name = value.trim();
    if (name === "") return t("rules.usernameMissing");
    if (name.length < USERNAME_MIN) return t("rules.usernameShort", { min: USERNAME_MIN });
    if (name.length > USERNAME_MAX)
      return t("rules.usernameLong", { max: USERNAME_MAX, length: name.length });
    if (USERNAME_PATTERN.test(name)) return null;
    if (/\s/.test(name)) return t("rules.usernameSpaces");
    if (/[^\p{ASCII}]/u.test(name)) return t("rules.usernameLetters");
    if (/^[._-]/.test(name)) return t("rules.usernameStart");
    return t("rules.usernameOther");
  };

export const checkEmail =
  ({ t }: Texts): Check =>
  (value) => {
    const address = value.trim();
    if (address === "") return t("rules.emailMissing");
    const parts = address.normalize("NFKC").split("@");
    const [local, domain] = parts;
    if (parts.length === 1) return t("rules.emailNoAt");
    if (parts.length > 2) return t("rules.emailTwoAts");
    if (!local) return t("rules.emailNoLocal");
    if (!domain) return t("rules.emailNoDomain");
    // Also the full stops of Chinese and Japanese keyboards, which the server reads as dots (UTS 46). A comma is asked
    // about (domain/email-suggestion.ts).
    if (!/[^.。．｡][.,。．｡][^.。．｡]/u.test(domain)) return t("rules.emailCutShort");
    if (address.length > 4 * EMAIL_MAX) return t("rules.emailLong", { max: EMAIL_MAX });
    return null;
  };

/** `min`: the fewest characters that the server takes. What is easy to guess, the server says alone. */
export const checkNewPassword =
  ({ t }: Texts, min: number): Check =>
  (value) => {
    const length = [...value.normalize("NFKC")].length;
    if (value === "") return t("rules.passwordMissing");
    if (length < min) return t("rules.passwordShort", { min, missing: min - length });
    if (length > PASSWORD_MAX) return t("rules.passwordLong", { max: PASSWORD_MAX });
    return null;
  };
