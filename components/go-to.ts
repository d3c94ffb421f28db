// Moving on after a form was accepted. A whole navigation, because the session has just changed: the next page is asked
// for with the new cookie, and nothing that was fetched under the old one lives on.

/** Goes to a page of ours; the back button leads to this one. */
export function goTo(path: string): void {
  window.location.assign(path);
}

/** Goes to a page of ours in this one's place. */
export function replaceWith(path: string): void {
  window.location.replace(path);
}
