// Which addresses of ours a form goes back to: paths, and the one query that makes another page of a path. Nothing that
// comes from outside is written into them.

/** With `?other` these tell whose account is open in this browser, and take nobody into it. */
const TELL_OF_OTHER = new Set(["/confirm", "/sign-in"]);

/** A page's address as its forms name it. */
export function pageAddress({ pathname, searchParams }: Pick<URL, "pathname" | "searchParams">): string {
  return TELL_OF_OTHER.has(pathname) && searchParams.has("other") ? `${pathname}?other` : pathname;
}

/** An address of ours; whatever else was sent is the front page, so that nobody is led away (ASVS 5.0, 3.7.2). */
export function ownAddress(given: unknown): string {
  if (typeof given !== "string") return "/";
  const [path = "", query] = given.split("?", 2);
  if (!/^\/(?![/\\])[\w/-]{0,100}$/.test(path)) return "/";
  if (query === undefined) return path;
  return given === `${path}?other` && TELL_OF_OTHER.has(path) ? given : "/";
}
