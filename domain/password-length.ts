// Apart from account-rules.ts: the page of the form has no room for it (docs/decisions/012), the meter loads it. Pure.

/**
 * How many characters a password has for PASSWORD_MIN: code points (NIST SP 800-63B 3.1.1.2), as typed or as they are
 * hashed, whichever is fewer, since "ﷺ" is one of eighteen. What nobody sees is none: code points that are ignored when a
 * text is shown, and accents that stand on nothing.
 */
export const countPasswordCharacters = (password: string): number =>
  Math.min(
    ...[password, password.normalize("NFKC")].map(
      (text) => [...text.replace(/\p{DI}/gu, "").replace(/(^|[\p{C}\p{Z}])\p{M}+/gu, "$1")].length,
    ),
  );
