// What a username, an address and a password may be. Shared by the server and the browser's inline checks, so it
// imports nothing. Pure.

export const USERNAME_MIN = 3;
export const USERNAME_MAX = 30;
/** Starts with a letter or digit. ASCII only: look-alike letters of other scripts could pass for somebody else (UTS 39). */
export const USERNAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** RFC 5321 erratum 1690. In bytes; the server measures the normalised address. */
export const EMAIL_MAX = 254;

/** ASVS 5.0, 6.2.1. */
export const PASSWORD_MIN = 8;
/** ASVS 5.0, 6.2.9 wants at least 64 allowed; the limit only bounds the work of hashing. In characters. */
export const PASSWORD_MAX = 256;
