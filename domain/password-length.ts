// Apart from account-rules.ts: the page of the form has no room for it (docs/decisions/012), the meter loads it. Pure.

/**
 * What nobody sees: code points that are ignored when a text is shown (zero width space, soft hyphen), controls and
 * marks of format, the blank pattern of braille, and the place of an object that is not there.
 */
export const UNSEEN = /[\p{DI}\p{Cc}\p{Cf}\u2800\ufffc]/gu;

/**
 * How many characters a password has for PASSWORD_MIN: code points (NIST SP 800-63B 3.1.1.2), as typed or as they are
 * hashed, whichever is fewer, since "ﷺ" is one of eighteen. What is UNSEEN is none, nor
 * are accents that stand on nothing.
 */
export const countPasswordCharacters = (password: string): number =>
  Math.min(
    ...[password, password.normalize("NFKC")].map(
      (text) =>
        [...text.replace(/(^|[\p{C}\p{Z}\p{DI}\u2800\ufffc])\p{M}+/gu, "$1").replace(UNSEEN, "")].length,
    ),
  );
