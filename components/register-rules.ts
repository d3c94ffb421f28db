// The register form's own checks: a quick word before the server has the last one. They never refuse what the
// server accepts (a test holds this), and each sentence says how to mend. Pure.
import {
  EMAIL_MAX,
  PASSWORD_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
  USERNAME_PATTERN,
} from "@/domain/account-rules";

/** What is wrong with a value, or null. */
export type Check = (value: string) => string | null;

export const checkUsername: Check = (value) => {
  const name = value.trim();
  if (name === "") return "Please choose a username.";
  if (name.length < USERNAME_MIN) return `Use at least ${USERNAME_MIN} characters.`;
  if (name.length > USERNAME_MAX) return `Use at most ${USERNAME_MAX} characters; these are ${name.length}.`;
  if (USERNAME_PATTERN.test(name)) return null;
  if (/\s/.test(name)) return "Leave out the spaces; a dot, dash or underscore works.";
  if (/[^\p{ASCII}]/u.test(name)) return "Use only a to z and digits: other letters can imitate a name.";
  if (/^[._-]/.test(name)) return "Start with a letter or a digit.";
  return "Use letters, digits, dots, dashes and underscores only.";
};

export const checkEmail: Check = (value) => {
  const address = value.trim();
  if (address === "") return "Please enter your email address.";
  const parts = address.normalize("NFKC").split("@");
  const [local, domain] = parts;
  if (parts.length === 1) return "The @ is missing: it should look like name@example.com.";
  if (parts.length > 2) return "There is more than one @ in this address.";
  if (!local) return "The part before the @ is missing.";
  if (!domain) return "The part after the @ is missing.";
  // Also the full stops of Chinese and Japanese keyboards, which the server reads as dots (UTS 46).
  if (!/[^.。．｡][.。．｡][^.。．｡]/u.test(domain))
    return "The address is cut short: it should end like example.com.";
  if (address.length > 4 * EMAIL_MAX) return `An email address has at most ${EMAIL_MAX} characters.`;
  return null;
};

/** `min`: the fewest characters that the server takes. What is easy to guess, the server says alone. */
export const checkNewPassword =
  (min: number): Check =>
  (value) => {
    const length = [...value.normalize("NFKC")].length;
    if (value === "") return "Please choose a password.";
    if (length < min) return `Use at least ${min} characters; ${min - length} to go.`;
    if (length > PASSWORD_MAX) return `Use at most ${PASSWORD_MAX} characters.`;
    return null;
  };
