// Which addresses of ours a form goes back to: paths, and the queries that make another page of a path. Nothing else that
// comes from outside is written into them.
import { confirmBesideAccount, mailIdOf } from "@/components/confirm-address";

/** With `?other` it tells whose account is open in this browser, and takes nobody into it. */
const SIGN_IN = "/sign-in";
/** With `?other=` and a mail of the registration that it was about it does so too, unless the account is that one's. */
const CONFIRM = "/confirm";
/** A page's address as its forms name it. */
export function pageAddress({ pathname, searchParams }: Pick<URL, "pathname" | "searchParams">): string {
  const mailId = mailIdOf(searchParams.get("other"));
  if (pathname === SIGN_IN && searchParams.has("other")) return `${SIGN_IN}?other`;
  return pathname === CONFIRM && mailId ? confirmBesideAccount(mailId) : pathname;
}

/** An address of ours; whatever else was sent is the front page, so that nobody is led away (ASVS 5.0, 3.7.2). */
export function ownAddress(given: unknown): string {
  if (typeof given !== "string") return "/";
  const [path = ""] = given.split("?", 1);
  if (!/^\/(?![/\\])[\w/-]{0,100}$/.test(path)) return "/";
  const query = new URLSearchParams(given.slice(path.length));
  return pageAddress({ pathname: path, searchParams: query }) === given ? given : "/";
}
