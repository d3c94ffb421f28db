// The address of a confirm page in whose browser another account is open. Pure.

const MAIL_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The page names the registration that it was about by a mail of it. */
export const confirmBesideAccount = (mailId: string) => `/confirm?other=${mailId}`;

/** The mail that such an address names, or null. */
export function mailIdOf(other: string | readonly string[] | null | undefined): string | null {
  return typeof other === "string" && MAIL_ID.test(other) ? other : null;
}
